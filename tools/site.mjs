// `npm run site`: the documentation, the reference, the playground and all pictures as one folder of static files,
// out/site. Any server can serve it, at any path; no page loads anything from elsewhere. `--out FOLDER` writes it
// somewhere else.
import {readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {parseArgs} from 'node:util';

import {Application, PackageJsonReader, TSConfigReader} from 'typedoc';
import {build} from 'vite';

import options from '../typedoc.site.config.js';
import {problemsIn} from './site/links.mjs';

const {values} = parseArgs({options: {out: {type: 'string', default: options.out}}});
const out = resolve(values.out);

const app = await Application.bootstrapWithPlugins({...options, out}, [new PackageJsonReader(), new TSConfigReader()]);
const project = await app.convert();
if (project === undefined) throw new Error('The reference could not be read; the messages above say why.');
app.validate(project);
await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings())
  throw new Error('The documentation must give no warning; the messages above name them.');
showSources();
await build({
  configFile: 'demo/vite.config.js',
  logLevel: 'warn',
  plugins: [linkToDocumentation()],
  build: {outDir: join(out, 'playground')},
});
const problems = problemsIn(out);
if (problems.length > 0) throw new Error(`The site has broken links or loads something:\n${problems.join('\n')}`);
console.log(`The site is in ${values.out}: open it with \`npx vite preview --outDir ${values.out}\`.`);

/** Browsers offer files of source code for download, and take .ts for a video. Under another name they show them. */
function showSources() {
  const media = join(out, 'media');
  const sources = readdirSync(media).filter(name => !/\.(svg|png)$/.test(name));
  for (const name of sources) renameSync(join(media, name), join(media, `${name}.txt`));
  for (const name of readdirSync(out, {recursive: true}).filter(one => one.endsWith('.html'))) {
    const page = join(out, name);
    const html = readFileSync(page, 'utf8');
    writeFileSync(
      page,
      html.replace(/(href="(?:\.\.\/)*media\/)([^"#]+)/g, (link, start, file) =>
        sources.includes(file) ? `${start}${file}.txt` : link,
      ),
    );
  }
}

/** Links from the playground to the documentation. Without the site there is none beside it. */
function linkToDocumentation() {
  const link = '<a href="../index.html">Docs</a>';
  return {
    name: 'link-to-documentation',
    transformIndexHtml: html => {
      const linked = html.replace(/(<nav aria-label="Views">[^]*?)(\s*<\/nav>)/, `$1 ${link}$2`);
      if (linked === html) throw new Error('demo/index.html must have the navigation for the link to go into.');
      return linked;
    },
  };
}
