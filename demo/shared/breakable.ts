import {html} from './dom';

/** A name that a narrow column can break before a capital letter and after a dot: scheduleFreeAdamW, tf.train.adam. */
export function breakable(name: string): ReadonlyArray<Node | string> {
  return name.split(/(?<=[a-z])(?=[A-Z][a-z])|(?<=\.)/).flatMap((part, i) => (i === 0 ? [part] : [html('wbr'), part]));
}
