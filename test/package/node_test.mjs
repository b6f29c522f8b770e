import {coreOnly, project, projects, VERSIONS} from './consumer.mjs';
import {EXPECTED} from './fixtures/scenario.mjs';
import {EXPECTED as SUBPATHS_EXPECTED} from './fixtures/subpaths.mjs';

const lastLine = out => JSON.parse(out.trim().split('\n').at(-1));

projects.forEach(({run, node}, i) => {
  describe(`With tfjs ${VERSIONS[i]}, the package`, () => {
    it('brings no second copy of tfjs-core', async () => {
      const paths = new Set();
      const walk = ({dependencies = {}}) => {
        for (const [name, each] of Object.entries(dependencies)) {
          if (name === '@tensorflow/tfjs-core' && each.path) paths.add(each.path);
          walk(each);
        }
      };
      walk(JSON.parse(await run('npm', 'ls', '@tensorflow/tfjs-core', '--json', '--long', '--all')));
      expect(paths.size).toBe(1);
    });

    for (const file of ['consumer.mjs', 'consumer.cjs']) {
      it(`trains, saves and resumes in Node, trains a convolution on WASM and draws, ${file}`, async () => {
        expect(lastLine(await node(file))).toEqual({...EXPECTED, ...SUBPATHS_EXPECTED});
      });
    }
  });
});

describe('In Node, the package', () => {
  for (const backend of ['tensorflow', 'rn-webgl']) {
    it(`trains in silence on the backend ${backend}, which has no kernels of ours, as it does on cpu`, async () => {
      const {fusedOn, warnings, rows} = lastLine(await project.node('stand_in.mjs', backend));
      expect(fusedOn).toEqual({cpu: 'cpu', [backend]: `eager: the backend ${backend} has no kernel for it`});
      expect(warnings).toEqual([]);
      expect(rows.length).toBeGreaterThan(5);
      for (const {name, cpu, other} of rows) {
        expect(other.length).toBe(cpu.length);
        cpu.forEach((value, j) => {
          expect(Math.abs(other[j] - value))
            .withContext(`${name}, element ${j}`)
            .toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(value)));
        });
      }
    });
  }

  it('says nothing about kernels that nobody imported if WASM does not start', async () => {
    expect(lastLine(await project.node('wasm_fails.mjs'))).toEqual({
      started: false,
      falls: true,
      backend: 'cpu',
      warnings: [],
    });
  });

  it('says what to install if the package webgpu is missing', async () => {
    const message = /startWebGPU needs the package 'webgpu', which is not installed\. Install it: npm install webgpu/;
    const code = "import {startWebGPU} from 'tfjs-optim/node-webgpu'; await startWebGPU();";
    await expectAsync(project.node('--input-type=module', '--eval', code)).toBeRejectedWithError(message);
    const required = "require('tfjs-optim/node-webgpu').startWebGPU();";
    await expectAsync(project.node('--eval', required)).toBeRejectedWithError(message);
  });

  it('says what is missing if tfjs-layers is not installed', async () => {
    await expectAsync(coreOnly.node('--eval', 'require("tfjs-optim")')).toBeRejectedWithError(
      /Cannot find module '@tensorflow\/tfjs-layers'/,
    );
    await expectAsync(coreOnly.node('--input-type=module', '--eval', 'import "tfjs-optim"')).toBeRejectedWithError(
      /Cannot find package '@tensorflow\/tfjs-layers'/,
    );
  });
});
