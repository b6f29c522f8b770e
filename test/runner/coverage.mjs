// Finds out which lines of src/ ran. Bundling instruments the files, and the counts of all passes are added up.
import {readFile} from 'node:fs/promises';
import {join, relative} from 'node:path';

import {transform} from 'esbuild';
import coverageLibrary from 'istanbul-lib-coverage';
import {createInstrumenter} from 'istanbul-lib-instrument';
import reportLibrary from 'istanbul-lib-report';
import sourceMaps from 'istanbul-lib-source-maps';
import reports from 'istanbul-reports';

/** An esbuild plugin that adds counters to every file of src/. */
export function instrumented(root) {
  const source = join(root, 'src');
  return {
    name: 'coverage',
    setup(bundler) {
      bundler.onLoad({filter: /\.ts$/}, async ({path}) => {
        if (!path.startsWith(source)) return undefined;
        const {code, map} = await transform(await readFile(path, 'utf8'), {
          loader: 'ts',
          sourcefile: path,
          sourcemap: true,
          target: 'es2022',
          tsconfigRaw: {compilerOptions: {useDefineForClassFields: false, verbatimModuleSyntax: true}},
        });
        const instrumenter = createInstrumenter({esModules: true, compact: false, produceSourceMap: false});
        return {
          contents: instrumenter.instrumentSync(code, path, {...JSON.parse(map), sources: [path]}),
          loader: 'js',
        };
      });
    },
  };
}

/** Begins the comment above lines that no test can run. The reason follows. */
const EXPLAINED = '// Unreachable: ';

const MISSING_RULES = 'test/programs/missing_rule_test.ts';
/** Files with lines that run in bundles and processes of their own, which are not measured: of which specs. */
const ELSEWHERE = [
  [/^src\/(optimizer\/unregistered|params\/takers|rule\/registry)\./, MISSING_RULES],
  [/^src\/(callbacks\/skip_settings|schedule\/(engine|late_moving))\./, MISSING_RULES],
  [/^src\/node_webgpu\//, 'test/programs/node_webgpu_test.ts'],
  [/^src\/wasm_training\/register\./, 'test/node/wasm_training_test.ts'],
];

/**
 * Writes a report to out/coverage, prints a summary, and lists the lines that did not run. Lines below a comment
 * `// Unreachable: …` are listed with its reason.
 */
export async function reportCoverage(root, measured) {
  const map = coverageLibrary.createCoverageMap({});
  for (const one of measured) if (one !== undefined) map.merge(one);
  const mapped = await sourceMaps.createSourceMapStore().transformCoverage(map);
  const context = reportLibrary.createContext({dir: join(root, 'out', 'coverage'), coverageMap: mapped});
  for (const kind of ['html', 'json-summary', 'text-summary']) reports.create(kind).execute(context);
  let unexplained = 0;
  for (const file of mapped.files()) {
    const name = relative(root, file);
    const text = (await readFile(file, 'utf8')).split('\n');
    const lines = mapped.fileCoverageFor(file).getUncoveredLines().map(Number);
    const elsewhere = ELSEWHERE.find(([files]) => files.test(name))?.[1];
    if (elsewhere !== undefined && lines.length > 0) {
      console.log(`${name}: ${lines.join(', ')} run in programs of ${elsewhere}, which are not measured`);
      continue;
    }
    // Line numbers begin with 1, so the comment above line n is text[n - 2]. It is for all lines below it.
    const reasonOf = line =>
      text[line - 2]?.trim().split(EXPLAINED)[1] ?? (lines.includes(line - 1) ? reasonOf(line - 1) : undefined);
    const left = lines.filter(line => reasonOf(line) === undefined);
    for (const line of lines)
      if (reasonOf(line) !== undefined) console.log(`${name}: ${line} is unreachable: ${reasonOf(line)}`);
    if (left.length > 0) console.log(`${name}: ${left.join(', ')}`);
    unexplained += left.length;
  }
  console.log(unexplained === 0 ? 'Every other line of src/ ran.' : `${unexplained} lines of src/ did not run.`);
}
