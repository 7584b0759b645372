<?xml version='1.0' encoding='utf-8'?>
<TS version="2.1" language="en" sourcelanguage="en">
  <context>
    <name>MainWindow</name>
    <message numerus="yes">
      <source>%n photo(s) cannot be read. Each says why in its panel.</source>
      <translation>
        <numerusform>%n photo cannot be read. Each says why in its panel.</numerusform>
        <numerusform>%n photos cannot be read. Each says why in its panel.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>PhotoList</name>
    <message numerus="yes">
      <source>%n open suggestion(s)</source>
      <translation>
        <numerusform>%n open suggestion</numerusform>
        <numerusform>%n open suggestions</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n star(s)</source>
      <translation>
        <numerusform>%n star</numerusform>
        <numerusform>%n stars</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n tag(s)</source>
      <translation>
        <numerusform>%n tag</numerusform>
        <numerusform>%n tags</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>PhotoMenu</name>
    <message numerus="yes">
      <source>%n star(s)</source>
      <translation>
        <numerusform>%n star</numerusform>
        <numerusform>%n stars</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Copy path(s)</source>
      <translation>
        <numerusform>Copy path</numerusform>
        <numerusform>Copy paths</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>StarBar</name>
    <message numerus="yes">
      <source>Rating: %n star(s)</source>
      <translation>
        <numerusform>Rating: %n star</numerusform>
        <numerusform>Rating: %n stars</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>Texts</name>
    <message numerus="yes">
      <source>%n photo(s)</source>
      <translation>
        <numerusform>%n photo</numerusform>
        <numerusform>%n photos</numerusform>
      </translation>
    </message>
  </context>
</TS>