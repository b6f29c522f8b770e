import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

import {build} from 'esbuild';

import {adam, cos, ema, lion, lookahead, muon, type Optimizer, ranger, saveOptimizer, sgd, swa} from '../../src';
import {present} from '../support/present';
import {runCommand} from '../support/run_command';
import {tf} from '../support/tfjs';

/**
 * What a page that imports `imports` says when it loads the optimizer. In a bundle, rules that it lacks are left out.
 * @param says what it says of `loaded`, as code.
 */
async function loadedBy(imports: string, optimizer: Optimizer, says = "'loaded'"): Promise<string> {
  const folder = await mkdtemp(join('node_modules', '.cache', 'missing-rule-'));
  try {
    const saved: tf.io.ModelArtifacts[] = [];
    await saveOptimizer(
      optimizer,
      tf.io.withSaveHandler(artifacts => {
        saved.push(artifacts);
        return Promise.resolve({modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}});
      }),
    );
    const {modelTopology, weightSpecs, weightData} = present(saved[0]);
    const bytes = [...new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData))];
    const file = join(folder, 'page.mjs');
    await build({
      stdin: {
        contents: `
          import * as tf from '@tensorflow/tfjs-core';
          import '@tensorflow/tfjs-backend-cpu';
          ${imports}
          const artifacts = ${JSON.stringify({modelTopology, weightSpecs})};
          const weightData = Uint8Array.from(${JSON.stringify(bytes)}).buffer;
          const loaded = await loadOptimizer(tf.io.fromMemory({...artifacts, weightData})).catch(error => error);
          console.log(loaded instanceof Error ? loaded.message : ${says});
        `,
        resolveDir: process.cwd(),
      },
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      outfile: file,
      logLevel: 'error',
    });
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    return (await runCommand('node', file)).stdout.trim();
  } finally {
    await rm(folder, {recursive: true});
  }
}

describe('A page that loads an optimizer whose rule its bundle lacks', () => {
  beforeAll(() => tf.setBackend('cpu'));

  const from = "'./src/browser.ts'";

  it('is told what to import and to call', async () => {
    const optimizer = lion();
    const message = await loadedBy(`import {loadOptimizer} from ${from};`, optimizer);
    expect(message).toMatch(
      /made with lion, and its callback 'lionStep' is not registered\. Before loading, call lion\.register\(\), with/,
    );
    expect(message).toContain("`import {lion} from 'tfjs-optim'`, or import 'tfjs-optim/all'");
    expect(await loadedBy(`import {lion, loadOptimizer} from ${from}; lion.register();`, optimizer)).toBe('loaded');
    expect(await loadedBy(`import {loadOptimizer} from ${from}; import './src/all.ts';`, optimizer)).toBe('loaded');
    optimizer.dispose();
  });

  it('is told of a partition, too', async () => {
    const optimizer = muon();
    expect(await loadedBy(`import {loadOptimizer} from ${from};`, optimizer)).toMatch(
      /made with muon\. Before loading it, call Partition\.register\(\) and muon\.register\(\)/,
    );
    const half = `import {loadOptimizer, Partition} from ${from}; Partition.register();`;
    expect(await loadedBy(half, optimizer)).toBe(
      "The saved partition takes variables by the rule 'muonKernels', which is not registered. Before loading, call " +
        "muon.register(), or import 'tfjs-optim/all'.",
    );
    optimizer.dispose();
  });

  it('is told of Lookahead and averages, and needs to call nothing if it makes such optimizers', async () => {
    for (const [name, optimizer] of [
      ['lookahead', lookahead(sgd())],
      ['ema', ema(sgd())],
    ] as const) {
      expect(await loadedBy(`import {loadOptimizer} from ${from};`, optimizer)).toContain(
        `was made with ${name}, which this bundle lacks: call ${name}.register() before loading it`,
      );
      const page = `import {${name}, loadOptimizer} from ${from}; globalThis.made = ${name};`;
      expect(await loadedBy(page, optimizer, 'loaded.getClassName()')).toBe(optimizer.getClassName());
      optimizer.dispose();
    }
    const made = ranger();
    const onlyRanger = `import {ranger, loadOptimizer} from ${from}; globalThis.made = ranger;`;
    expect(await loadedBy(onlyRanger, made, 'loaded.getClassName()')).toBe('TfjsOptimLookahead');
    made.dispose();
    const averaging = swa(sgd());
    const page = `import {swa, loadOptimizer} from ${from}; globalThis.made = swa;`;
    expect(await loadedBy(page, averaging, 'loaded.getClassName()')).toBe('TfjsOptimEma');
    averaging.dispose();
  });

  it('goes on with the schedules of a partition, which brings their code', async () => {
    const optimizer = muon(0.5);
    optimizer.setSchedule({lr: cos(1, 0)}, {steps: 4, step: 2});
    const page = `
      import {loadOptimizer, muon} from ${from};
      console.warn = message => {
        if (message.startsWith('tfjs-optim')) console.log(message);
      };
      muon.register();
    `;
    expect(await loadedBy(page, optimizer, 'loaded.schedule?.step')).toBe('2');
    optimizer.dispose();
  });

  it('is told that schedules stand still, which go on when the page makes a schedule', async () => {
    const optimizer = adam(0.5);
    optimizer.setSchedule({lr: cos(1, 0)}, {steps: 4, step: 2});
    const saved = JSON.stringify(JSON.stringify(optimizer.getConfig()['schedule']));
    const says = `[
      loaded.schedule?.step,
      JSON.stringify(loaded.getConfig().schedule) === ${saved},
      made?.kind,
      loaded.schedule?.step,
      loaded.schedule?.at(0.5).lr[0],
    ].join(' ')`;
    const without = `import {loadOptimizer} from ${from}; const made = undefined; console.warn = console.log;`;
    expect(await loadedBy(without, optimizer, says)).toMatch(
      /the loaded optimizer follows schedules\. They stand still[^\n]*'tfjs-optim\/all'\.\n[^]* true$/,
    );
    const later = `
      import {cos, loadOptimizer} from ${from};
      console.warn = () => undefined;
      const made = {get kind() { return cos(1, 0).kind; }};
    `;
    expect(await loadedBy(later, optimizer, says)).toBe('true cos 2 0.5');
    const all = `import {loadOptimizer} from ${from}; import './src/all.ts'; const made = undefined;`;
    expect(await loadedBy(all, optimizer, says)).toBe('2 true  2 0.5');
    optimizer.dispose();
  });
});

describe('A page whose bundle lacks the code', () => {
  const from = "'./src/browser.ts'";
  const made = async (imports: string, code: string): Promise<string> => {
    const optimizer = sgd();
    try {
      return await loadedBy(
        imports,
        optimizer,
        `(() => {
          try {
            return ${code};
          } catch (error) {
            return error.message;
          }
        })()`,
      );
    } finally {
      optimizer.dispose();
    }
  };

  beforeAll(() => tf.setBackend('cpu'));

  it('to skip steps is told to add the callback', async () => {
    const imports = `import {adam, loadOptimizer} from ${from};`;
    expect(await made(imports, 'adam(0.1, {skipNonFinite: true})')).toBe(
      'This bundle has no code to skip steps. In place of the setting, add skipNonFinite to `callbacks`, with ' +
        "import {skipNonFinite} from 'tfjs-optim'; or import 'tfjs-optim/all'.",
    );
    expect(await made(imports, 'adam(0.1, {maxGradNorm: 3})')).toContain(
      'add skipNonFinite.with({maxGradNorm: 3}) to `callbacks`',
    );
    const names = (settings: string) => `adam(0.1, ${settings}).callbacks.map(({name}) => name).join()`;
    const right = `import {adam, loadOptimizer, skipNonFinite} from ${from};`;
    expect(await made(right, names('{callbacks: [skipNonFinite.with({maxGradNorm: 3})]}'))).toBe(
      'skipNonFinite,weightDecay,averageGrad,averageSqrGrad,stepStat,adamStep',
    );
  });

  it('of schedules is told how to make them', async () => {
    const imports = `import {adam, loadOptimizer} from ${from};`;
    const schedule = "{lr: {kind: 'lin', start: 1, end: 0}}";
    expect(await made(imports, `adam().setSchedule(${schedule}, {steps: 3})`)).toBe(
      'This bundle lacks the code of schedules. Make them with lin, cos, exp, poly, constant or combine, with an ' +
        "import from 'tfjs-optim'; or import 'tfjs-optim/all'.",
    );
    const right = `import {adam, lin, loadOptimizer} from ${from};`;
    const policy = 'const opt = adam(); opt.setSchedule({schedulesFor: () => ({lr: lin(1, 0)})}, {steps: 4, step: 1})';
    expect(await made(right, `(() => { ${policy}; return opt.schedule.at(0.25).lr[0]; })()`)).toBe('0.75');
  });
});
