import {element, onPress} from './dom';

/** A button that copies a program, and the program below it for browsers in which a page may not copy. */
export class CodePanel {
  readonly #panel: HTMLDetailsElement;
  readonly #text: HTMLElement;
  readonly #code: () => string | undefined;

  /**
   * @param prefix of the ids `…-copy` (the button), `…-code` (the panel) and `…-program` (the text).
   * @param code the present program; undefined where the settings are not complete.
   * @param say shows the visitor a message.
   * @param missing is called when the button is pressed and there is no program. By default the form shows why.
   */
  constructor(
    prefix: string,
    code: () => string | undefined,
    say: (message: string) => void,
    missing: () => void = () => {},
  ) {
    this.#panel = element(`${prefix}-code`, HTMLDetailsElement);
    this.#text = element(`${prefix}-program`, HTMLElement);
    this.#code = code;
    this.#panel.addEventListener('toggle', () => {
      this.refresh();
    });
    onPress(element(`${prefix}-copy`, HTMLButtonElement), () => {
      const program = code();
      if (program === undefined) {
        missing();
        return;
      }
      copied(program).then(
        () => {
          say('The program is copied. Its first lines say how to run it.');
        },
        () => {
          this.#panel.open = true;
          this.refresh();
          getSelection()?.selectAllChildren(this.#text);
          say(
            'This browser does not let the page copy. The program is selected below the buttons: copy it from there.',
          );
        },
      );
    });
  }

  /** Shows the present program, if the panel is open. */
  refresh(): void {
    if (!this.#panel.open) return;
    // Without complete settings there is no program.
    const program = this.#code() ?? '';
    // The same text again would end a selection.
    if (program !== this.#text.textContent) this.#text.textContent = program;
  }
}

async function copied(text: string): Promise<void> {
  // A page that is not served by https has no clipboard.
  if (!('clipboard' in navigator)) throw new Error('There is no clipboard.');
  await navigator.clipboard.writeText(text);
}
