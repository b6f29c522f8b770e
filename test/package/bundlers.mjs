// Bundles pages of a consumer in the way that an application would.
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';

import webpack from 'webpack';

import {project} from './consumer.mjs';

/**
 * Bundles a module of the project with webpack.
 * @param settings further settings of webpack.
 * @returns the path of the page's script in the project, and the files that the script contains.
 */
export async function bundledByWebpack(source, name, settings = {}) {
  const {folder} = project;
  // The name must not end with `.mjs`, because then webpack requires file extensions in imports.
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
