// Pages of a consumer, bundled as an application's are.
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';

import webpack from 'webpack';

import {project} from './consumer.mjs';

/**
 * Bundles a module of the project.
 * @param settings more of webpack's.
 * @returns the page's script, from the project's folder, and the files that are in it.
 */
export async function bundledByWebpack(source, name, settings = {}) {
  const {folder} = project;
  // Not `.mjs`: webpack would ask for file names in its imports.
  const entry = join(folder, `${name}.js`);
  writeFileSync(entry, source);
  const compiler = webpack({
    mode: 'production',
    context: folder,
    entry,
    output: {path: join(folder, 'out', name), filename: 'page.js', publicPath: `/out/${name}/`},
    performance: {hints: false},
    ...settings,
  });
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  const {errors, warnings, modules} = stats.toJson({
    all: false,
    errors: true,
    warnings: true,
    modules: true,
    nestedModules: true,
    modulesSpace: Infinity,
    nestedModulesSpace: Infinity,
  });
  if (errors.length > 0 || warnings.length > 0)
    throw new Error([...errors, ...warnings].map(({message}) => message).join('\n'));
  const files = modules.flatMap(({nameForCondition, modules: inner = []}) => [
    nameForCondition,
    ...inner.map(each => each.nameForCondition),
  ]);
  return {path: `out/${name}/page.js`, modules: files.filter(file => typeof file === 'string')};
}
