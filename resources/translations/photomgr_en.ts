<?xml version='1.0' encoding='utf-8'?>
<TS version="2.1" language="en" sourcelanguage="en">
  <context>
    <name>ByItself</name>
    <message numerus="yes">
      <source>%n photo(s) could not be written to; the last one says: {reason}</source>
      <translation>
        <numerusform>%n photo could not be written to; the last one says: {reason}</numerusform>
        <numerusform>%n photos could not be written to; the last one says: {reason}</numerusform>
      </translation>
    </message>
  </context>
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
    <name>Checking</name>
    <message numerus="yes">
      <source>Give it to %n ticked photo(s)</source>
      <translation>
        <numerusform>Give it to %n ticked photo</numerusform>
        <numerusform>Give it to %n ticked photos</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Looked at %n tag(s) on {photos}.</source>
      <translation>
        <numerusform>Looked at %n tag on {photos}.</numerusform>
        <numerusform>Looked at %n tags on {photos}.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Take it off %n ticked photo(s)</source>
      <translation>
        <numerusform>Take it off %n ticked photo</numerusform>
        <numerusform>Take it off %n ticked photos</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>The model has not looked at %n photo(s) with tags yet.</source>
      <translation>
        <numerusform>The model has not looked at %n photo with tags yet.</numerusform>
        <numerusform>The model has not looked at %n photos with tags yet.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>…and keep it on %n unticked</source>
      <translation>
        <numerusform>…and keep it on %n unticked</numerusform>
        <numerusform>…and keep it on %n unticked</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>…and never to %n unticked</source>
      <translation>
        <numerusform>…and never to %n unticked</numerusform>
        <numerusform>…and never to %n unticked</numerusform>
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
    <name>CopyPage</name>
    <message numerus="yes">
      <source>Copy %n photo(s)</source>
      <translation>
        <numerusform>Copy %n photo</numerusform>
        <numerusform>Copy %n photos</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>DifferenceModel</name>
    <message numerus="yes">
      <source>%n field(s)</source>
      <translation>
        <numerusform>%n field</numerusform>
        <numerusform>%n fields</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>ExplainPage</name>
    <message numerus="yes">
      <source>Also what was decided until now (%n photo(s))</source>
      <translation>
        <numerusform>Also what was decided until now (%n photo)</numerusform>
        <numerusform>Also what was decided until now (%n photos)</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>FilesDoor</name>
    <message numerus="yes">
      <source>%n are new</source>
      <translation>
        <numerusform>%n are new</numerusform>
        <numerusform>%n are new</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n are still missing: search is:gone</source>
      <translation>
        <numerusform>%n are still missing: search is:gone</numerusform>
        <numerusform>%n are still missing: search is:gone</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n conflict(s) with another program wait: Files, Conflicts in the menu.</source>
      <translation>
        <numerusform>%n conflict with another program wait: Files, Conflicts in the menu.</numerusform>
        <numerusform>%n conflicts with another program wait: Files, Conflicts in the menu.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n photo(s) copied to {folder}</source>
      <translation>
        <numerusform>%n photo copied to {folder}</numerusform>
        <numerusform>%n photos copied to {folder}</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n photo(s) found again</source>
      <translation>
        <numerusform>%n photo found again</numerusform>
        <numerusform>%n photos found again</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n photo(s) of it are not in this library.</source>
      <translation>
        <numerusform>%n photo of it are not in this library.</numerusform>
        <numerusform>%n photos of it are not in this library.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n photo(s) put on the page {path}</source>
      <translation>
        <numerusform>%n photo put on the page {path}</numerusform>
        <numerusform>%n photos put on the page {path}</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n photo(s) written into {path}</source>
      <translation>
        <numerusform>%n photo written into {path}</numerusform>
        <numerusform>%n photos written into {path}</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n tag(s) written into {path}</source>
      <translation>
        <numerusform>%n tag written into {path}</numerusform>
        <numerusform>%n tags written into {path}</numerusform>
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
    <name>NamePage</name>
    <message numerus="yes">
      <source>Rename the file(s)</source>
      <translation>
        <numerusform>Rename the file</numerusform>
        <numerusform>Rename the files</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>Networks</name>
    <message numerus="yes">
      <source>Compared on %n decision(s) of yours. Nothing was switched.</source>
      <translation>
        <numerusform>Compared on %n decision of yours. Nothing was switched.</numerusform>
        <numerusform>Compared on %n decisions of yours. Nothing was switched.</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>PhotoHead</name>
    <message numerus="yes">
      <source>%n conflict(s) with another program wait for you</source>
      <translation>
        <numerusform>%n conflict with another program wait for you</numerusform>
        <numerusform>%n conflicts with another program wait for you</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n photo(s) cannot be read</source>
      <translation>
        <numerusform>%n photo cannot be read</numerusform>
        <numerusform>%n photos cannot be read</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n photo(s) could not be written to</source>
      <translation>
        <numerusform>%n photo could not be written to</numerusform>
        <numerusform>%n photos could not be written to</numerusform>
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
    <message numerus="yes">
      <source>stack of %n photo(s)</source>
      <translation>
        <numerusform>stack of %n photo</numerusform>
        <numerusform>stack of %n photos</numerusform>
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
      <source>%n decision(s) of yours from there on, right: {right}.</source>
      <translation>
        <numerusform>%n decision of yours from there on, right: {right}.</numerusform>
        <numerusform>%n decisions of yours from there on, right: {right}.</numerusform>
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
    <name>ReportPage</name>
    <message numerus="yes">
      <source>%n decision(s), foretold by what was known then → today:</source>
      <translation>
        <numerusform>%n decision, foretold by what was known then → today:</numerusform>
        <numerusform>%n decisions, foretold by what was known then → today:</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>network {number}, first used {moment}, %n decision(s)</source>
      <translation>
        <numerusform>network {number}, first used {moment}, %n decision</numerusform>
        <numerusform>network {number}, first used {moment}, %n decisions</numerusform>
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
  <context>
    <name>WritePage</name>
    <message numerus="yes">
      <source>%n file(s) are as they were.</source>
      <translation>
        <numerusform>%n file are as they were.</numerusform>
        <numerusform>%n files are as they were.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n file(s) would change.</source>
      <translation>
        <numerusform>%n file would change.</numerusform>
        <numerusform>%n files would change.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n file(s) written.</source>
      <translation>
        <numerusform>%n file written.</numerusform>
        <numerusform>%n files written.</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>%n photo(s) cannot be written:</source>
      <translation>
        <numerusform>%n photo cannot be written:</numerusform>
        <numerusform>%n photos cannot be written:</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Looking at %n photo(s)…</source>
      <translation>
        <numerusform>Looking at %n photo…</numerusform>
        <numerusform>Looking at %n photos…</numerusform>
      </translation>
    </message>
    <message numerus="yes">
      <source>Put back what was there (%n photo(s))</source>
      <translation>
        <numerusform>Put back what was there (%n photo)</numerusform>
        <numerusform>Put back what was there (%n photos)</numerusform>
      </translation>
    </message>
  </context>
  <context>
    <name>_Line</name>
    <message numerus="yes">
      <source>%n photos, each with its own</source>
      <translation>
        <numerusform>%n photos, each with its own</numerusform>
        <numerusform>%n photos, each with its own</numerusform>
      </translation>
    </message>
  </context>
</TS>