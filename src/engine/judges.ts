import type { Catalogue } from '../product/index.ts';
import type { Judge } from './judge.ts';
import { prepareJudge } from './prepare.ts';

/** The judges of a catalogue's packs. Each is made ready once, when it is asked for, whatever the number of its devices. */
export class Judges {
  readonly #catalogue: Catalogue;
  /** By product. */
  readonly #inForce = new Map<string, Judge>();
  /** Of versions that were in force before: by product, then by version. */
  readonly #earlier = new Map<string, Map<number, Judge>>();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** Of the version in force. */
  inForce(product: string): Judge | undefined {
    const known = this.#catalogue.pack(product);
    if (!known) return undefined;
    const made = this.#inForce.get(product);
    if (made?.version === known.version) return made;
    const judge = prepareJudge(known);
    this.#inForce.set(product, judge);
    // They are made again when something comes late from their time: not all that ever were are held.
    this.#earlier.delete(product);
    return judge;
  }

  /** Of a version that is in force, or was; undefined when the catalogue does not keep it any more. */
  at(product: string, version: number): Judge | undefined {
    const inForce = this.inForce(product);
    if (inForce?.version === version) return inForce;
    const earlier = this.#earlier.get(product) ?? new Map<number, Judge>();
    const made = earlier.get(version);
    if (made) return made;
    const known = this.#catalogue.packAt(product, version);
    if (!known) return undefined;
    const judge = prepareJudge(known);
    this.#earlier.set(product, earlier.set(version, judge));
    return judge;
  }
}
