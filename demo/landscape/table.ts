import {breakable} from '../shared/breakable';
import {element, html} from '../shared/dom';
import {lookOf} from '../shared/look';
import {short} from '../shared/numbers';
import {swatch} from '../shared/swatch';
import {distance} from './functions';
import type {Descent, Race} from './race';
import {howItDoes, ranked} from './words';

interface Row {
  readonly row: HTMLTableRowElement;
  readonly loss: HTMLTableCellElement;
  readonly away: HTMLTableCellElement;
  readonly how: HTMLTableCellElement;
}

/** How each optimizer does, in figures and in words. It is also the legend of the map and the charts. */
export class DescentTable {
  readonly #body = element('descents', HTMLTableSectionElement);
  #race: Race | undefined;
  #rows = new Map<Descent, Row>();

  /** @param sorted whether the nearest to a minimum comes first. Rows that move all the time are hard to read. */
  draw(race: Race, sorted: boolean): void {
    if (race !== this.#race) this.#begin(race);
    for (const [descent, {loss, away, how}] of this.#rows) {
      loss.textContent = short(descent.value - race.f.lowest);
      away.textContent = short(distance(race.f, descent.at));
      how.textContent = howItDoes(race.f, descent);
    }
    if (!sorted) return;
    const rows = ranked(race).flatMap(descent => this.#rows.get(descent)?.row ?? []);
    if (rows.some((row, i) => row !== this.#body.children[i])) this.#body.append(...rows);
  }

  #begin(race: Race): void {
    this.#race = race;
    this.#rows = new Map(
      race.descents.map(descent => {
        const {name} = descent;
        const [loss, away, how] = [html('td'), html('td'), html('td', {class: 'how'})];
        const heading = html('th', {scope: 'row'}, swatch(lookOf(name)), html('span', {}, ...breakable(name)));
        return [descent, {row: html('tr', {}, heading, loss, away, how), loss, away, how}];
      }),
    );
    this.#body.replaceChildren(...[...this.#rows.values()].map(({row}) => row));
  }
}
