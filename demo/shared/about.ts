import {labelledFacts} from '../../examples/support/about_optimizers';
import {html} from './dom';

/**
 * A button, and the facts that it shows: what the optimizer is for, what it costs, and when not to use it.
 * @param prefix makes the id of the facts unique in the page.
 */
export function aboutOf(name: string, prefix = ''): readonly [button: HTMLElement, facts: HTMLElement] {
  const facts = html(
    'dl',
    {class: 'facts', id: `${prefix}about-${name}`, hidden: ''},
    ...labelledFacts(name).flatMap(([label, text]) => [html('dt', {}, label), html('dd', {}, text)]),
  );
  return [opener(`About ${name}`, '?', facts), facts];
}

/** A button that shows and hides an element. */
function opener(label: string, text: string, hidden: HTMLElement): HTMLButtonElement {
  const button = html(
    'button',
    {
      type: 'button',
      class: 'about',
      'aria-label': label,
      'aria-expanded': 'false',
      'aria-controls': hidden.id,
    },
    text,
  );
  button.addEventListener('click', () => {
    hidden.hidden = !hidden.hidden;
    button.setAttribute('aria-expanded', String(!hidden.hidden));
  });
  return button;
}
