// Checks a folder of static pages: each link leads to a file and an anchor of the folder, and nothing is loaded from
// elsewhere.
import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative, sep} from 'node:path';

const TAG = /<([a-z]\w*)\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
/** What these rels name is not loaded. */
const NOT_LOADED = ['canonical', 'alternate', 'author', 'license', 'next', 'prev', 'help'];
/** Where a stylesheet or a script loads something. */
const IN_CSS = /url\(\s*(["']?)(.*?)\1\s*\)|@import\s+(["'])(.*?)\3/g;

/** The tags of a page, with their attributes. Comments are left out, and so is what scripts and styles hold. */
function tagsOf(html) {
  const bare = html.replace(/<!--[^]*?-->/g, '').replace(/(<(script|style)\b[^>]*>)[^]*?<\/\2>/gi, '$1');
  return [...bare.matchAll(TAG)].map(([, name, attributes]) => ({
    name: name.toLowerCase(),
    attributes: new Map(
      [...attributes.matchAll(ATTRIBUTE)].map(([, key, double, single]) => [
        key.toLowerCase(),
        (double ?? single).replaceAll('&amp;', '&'),
      ]),
    ),
  }));
}

/** What a tag leads to, and whether the browser loads it by itself. */
function targetsOf({name, attributes}) {
  const get = key => (attributes.has(key) ? [attributes.get(key)] : []);
  const srcset = get('srcset').flatMap(list => list.split(',').map(part => part.trim().split(/\s+/)[0]));
  const loaded = [
    ...get('src'),
    ...srcset,
    ...get('poster'),
    ...(['use', 'image'].includes(name) ? [...get('href'), ...get('xlink:href')] : []),
    ...(name === 'object' ? get('data') : []),
  ];
  const href = ['a', 'area', 'link'].includes(name) ? get('href') : [];
  const rels = (attributes.get('rel') ?? '').split(/\s+/);
  const isLoaded = name === 'link' && !rels.some(rel => NOT_LOADED.includes(rel));
  return [...loaded.map(target => [target, true]), ...href.map(target => [target, isLoaded])];
}

/** The problems of all pages and stylesheets in a folder, as text; none where everything is right. */
export function problemsIn(folder) {
  const files = readdirSync(folder, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll(sep, '/'))
    .sort();
  const known = new Set(files);
  const pages = new Map(
    files.filter(file => file.endsWith('.html')).map(file => [file, tagsOf(readFileSync(join(folder, file), 'utf8'))]),
  );
  const anchors = new Map(
    [...pages].map(([page, tags]) => [
      page,
      new Set(tags.flatMap(({attributes}) => [attributes.get('id'), attributes.get('name')])),
    ]),
  );
  const problems = [];
  const check = (from, target, isLoaded) => {
    if (/^(data|mailto|javascript|blob):/.test(target)) return;
    if (/^(\w+:)?\/\//.test(target)) {
      if (isLoaded) problems.push(`${from} loads ${target} from elsewhere`);
      return;
    }
    const [, path, anchor] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(target);
    if (path.startsWith('/')) {
      problems.push(`${from} leads to ${target}, which depends on where the site is`);
      return;
    }
    const joined = path === '' ? from : join(dirname(from), decodeURIComponent(path)).replaceAll(sep, '/');
    const file =
      joined === '.' || joined === './' ? 'index.html' : joined.endsWith('/') ? `${joined}index.html` : joined;
    if (!known.has(file)) problems.push(`${from} leads to ${target}, which does not exist`);
    else if (anchor && !isView(anchor) && anchors.get(file)?.has(decodeURIComponent(anchor)) === false)
      problems.push(`${from} leads to ${target}, which has no such anchor`);
  };
  for (const [page, tags] of pages)
    for (const tag of tags) for (const [target, isLoaded] of targetsOf(tag)) check(page, target, isLoaded);
  for (const file of files.filter(name => name.endsWith('.css')))
    for (const [, , url, , imported] of readFileSync(join(folder, file), 'utf8').matchAll(IN_CSS))
      check(file, url ?? imported, true);
  return problems;
}

/** The playground keeps its settings behind the `#`. */
const isView = anchor => anchor.includes('=');
