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

/** Writes a report to out/coverage, prints a summary, and lists the lines that did not run. */
export async function reportCoverage(root, measured) {
  const map = coverageLibrary.createCoverageMap({});
  for (const one of measured) if (one !== undefined) map.merge(one);
  const mapped = await sourceMaps.createSourceMapStore().transformCoverage(map);
  const context = reportLibrary.createContext({dir: join(root, 'out', 'coverage'), coverageMap: mapped});
  for (const kind of ['html', 'json-summary', 'text-summary']) reports.create(kind).execute(context);
  for (const file of mapped.files()) {
    const lines = mapped.fileCoverageFor(file).getUncoveredLines();
    if (lines.length > 0) console.log(`${relative(root, file)}: ${lines.join(', ')}`);
  }
}
