/*
 * The demo page. It has two views, each in a folder: digits/ trains a network with several optimizers side by side, and
 * then on the visitor's own images; landscape/ shows how optimizers go down a function of two numbers. shared/ is for
 * both. A view knows neither the other one nor this file.
 *
 * The part of the address from '#' on says which view is shown, and holds its whole setup (shared/link.ts). A view
 * loads when it is first shown. The top of digits/view.ts and of landscape/view.ts say how data flows there.
 */
import {defined} from '../examples/support/lookup';
import {element, html} from './shared/dom';
import {fieldsOf, linkOf} from './shared/link';
import type {MakeView, View} from './shared/view';

const VIEWS: Readonly<Record<string, () => Promise<MakeView>>> = {
  digits: async () => (await import('./digits/view')).makeDigitsView,
  landscape: async () => (await import('./landscape/view')).makeLandscapeView,
};
const FIRST = 'digits';

const note = element('link-note', HTMLParagraphElement);
const made = new Map<string, View>();
let shown: string | undefined;

/** The parts of the page that belong to a view. */
function partsOf(name: string): readonly [HTMLElement, HTMLAnchorElement] {
  return [element(`${name}-view`, HTMLElement), element(`to-${name}`, HTMLAnchorElement)];
}

/** Puts the present settings of a view into its link, and into the address if the view is shown. */
function write(name: string): void {
  const view = made.get(name);
  if (view === undefined) return;
  const link = linkOf(view.fields);
  const [, anchor] = partsOf(name);
  anchor.href = link;
  // No entry in the browser's history: a slider makes dozens of changes.
  if (name === shown) history.replaceState(null, '', link);
}

/** Shows what the address says. */
async function route(): Promise<void> {
  const fields = fieldsOf(location.hash);
  const wanted = fields.get('view');
  const name = wanted !== undefined && wanted in VIEWS ? wanted : FIRST;
  const notes = wanted === undefined || wanted === name ? [] : [`view=${wanted} (there is no such view)`];
  if (shown !== undefined && shown !== name) await made.get(shown)?.leave();
  shown = name;
  for (const each of Object.keys(VIEWS)) {
    const [part, anchor] = partsOf(each);
    part.hidden = each !== name;
    if (each === name) anchor.setAttribute('aria-current', 'page');
    else anchor.removeAttribute('aria-current');
  }
  const view = made.get(name) ?? (await make(name));
  // The visitor may have gone to the other view while this one loaded.
  if (name !== shown) return;
  const isLink = fields.size > (wanted === undefined ? 0 : 1);
  notes.push(...(await view.enter(isLink ? fields : undefined)));
  note.hidden = notes.length === 0;
  note.replaceChildren(
    ...(notes.length === 0
      ? []
      : [html('strong', {}, 'The link was not used as a whole. '), `Ignored: ${notes.join('; ')}.`]),
  );
  write(name);
}

async function make(name: string): Promise<View> {
  const load = defined(VIEWS[name], `view '${name}'`);
  const view = await (
    await load()
  )(() => {
    write(name);
  });
  made.set(name, view);
  return view;
}

/** Routes are taken one after the other. */
let routing = Promise.resolve();
function routeNext(): void {
  routing = routing.then(route).catch((error: unknown) => {
    note.hidden = false;
    note.textContent = error instanceof Error ? error.message : String(error);
  });
}

addEventListener('hashchange', routeNext);
routeNext();
