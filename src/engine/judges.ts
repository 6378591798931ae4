import type { Catalogue, KnownPack } from '../product/index.ts';
import type { Judge } from './judge.ts';
import { prepareJudge, versionOf, versionsIn } from './prepare.ts';

/** The judges of a catalogue's packs. Each is made ready once, when it is asked for, whatever the number of its devices. */
export class Judges {
  readonly #catalogue: Catalogue;
  /** By product. */
  readonly #inForce = new Map<string, Judge>();
  /** Of versions that were in force before: by product, then by version. */
  readonly #earlier = new Map<string, Map<Judge['version'], Judge>>();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** Of the version in force. */
  inForce(product: string): Judge | undefined {
    const known = this.#catalogue.pack(product);
    if (!known) return undefined;
    const made = this.#inForce.get(product);
    const parent = this.#parentOf(known);
    if (made?.version === versionOf(known, parent)) return made;
    const judge = prepareJudge(known, parent);
    this.#inForce.set(product, judge);
    // They are made again when something comes late from their time: not all that ever were are held.
    this.#earlier.delete(product);
    return judge;
  }

  /** Whether rules that are in force ask for silence, of products that were asked for. */
  get askForSilence(): boolean {
    return [...this.#inForce.values()].some(({ rules }) => rules.silentRules.size > 0);
  }

  /** Of a version that is in force, or was; undefined when the catalogue does not keep it any more. */
  at(product: string, version: Judge['version']): Judge | undefined {
    const inForce = this.inForce(product);
    if (inForce?.version === version) return inForce;
    const earlier = this.#earlier.get(product) ?? new Map<Judge['version'], Judge>();
    const made = earlier.get(version);
    if (made) return made;
    const versions = versionsIn(version);
    const known = this.#catalogue.packAt(product, versions.own);
    if (!known) return undefined;
    const { parent: above } = known.pack;
    const isNeeded = above !== undefined && versions.parent !== undefined;
    const parent = isNeeded ? this.#catalogue.packAt(above, versions.parent) : undefined;
    if (isNeeded && !parent) return undefined;
    const judge = prepareJudge(known, parent);
    this.#earlier.set(product, earlier.set(version, judge));
    return judge;
  }

  #parentOf({ pack: { parent } }: KnownPack): KnownPack | undefined {
    return parent === undefined ? undefined : this.#catalogue.pack(parent);
  }
}
