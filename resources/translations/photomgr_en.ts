<?xml version='1.0' encoding='utf-8'?>
<TS version="2.1" language="en" sourcelanguage="en">
  <context>
    <name>ByTag</name>
    <message numerus="yes">
      <source>Accept %n ticked photo(s)</source>
      <translation>
        <numerusform>Accept %n ticked photo</numerusform>
        <numerusform>Accept %n ticked photos</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>…and reject %n unticked</source>
      <translation>
        <numerusform>…and reject %n unticked</numerusform>
        <numerusform>…and reject %n unticked</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>ChipBox</name>
    <message numerus="yes">
      <source>%n more tag(s)</source>
      <translation>
        <numerusform>%n more tag</numerusform>
        <numerusform>%n more tags</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>Housekeeping</name>
    <message numerus="yes">
      <source>%n photo(s) cannot be read. Each says why when it is opened.</source>
      <translation>
        <numerusform>%n photo cannot be read. Each says why when it is opened.</numerusform>
        <numerusform>%n photos cannot be read. Each says why when it is opened.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>PhotoHead</name>
    <message numerus="yes">
      <source>%n photo(s) cannot be read</source>
      <translation>
        <numerusform>%n photo cannot be read</numerusform>
        <numerusform>%n photos cannot be read</numerusform>
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
    <name>PrecisionPlot</name>
    <message numerus="yes">
      <source>%n decision(s), each foretold by the others</source>
      <translation>
        <numerusform>%n decision, each foretold by the others</numerusform>
        <numerusform>%n decisions, each foretold by the others</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>Reasons</name>
    <message numerus="yes">
      <source>It looks like %n photo(s) that carry the tag {tag}.</source>
      <translation>
        <numerusform>It looks like %n photo that carry the tag {tag}.</numerusform>
        <numerusform>It looks like %n photos that carry the tag {tag}.</numerusform>
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
    <name>SuggestionList</name>
    <message numerus="yes">
      <source>%n more suggestion(s)</source>
      <translation>
        <numerusform>%n more suggestion</numerusform>
        <numerusform>%n more suggestions</numerusform>
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