import type {Fields} from './link';

/** One of the page's views. */
export interface View {
  /** The settings of the view, as a link holds them. */
  readonly fields: Fields;
  /**
   * Shows the view with the settings of a link. Without any, it stays as it was.
   * @returns what of the link was ignored.
   */
  enter(fields: Fields | undefined): Promise<readonly string[]>;
  /** The visitor goes to another view, which may use another backend. */
  leave(): Promise<void>;
}

/** Makes a view. @param changed is called when the visitor changed its settings. */
export type MakeView = (changed: () => void) => Promise<View>;
