import { type DeviceAdmission, newDeviceAdmission } from '../admission/index.ts';

/** One device in the pipeline: what admission remembers, and how far its accepted reports have come since. */
export interface PipelineDevice {
  readonly admission: DeviceAdmission;
  evaluated: number;
  /** Accepted reports that the last store on their way has not got. */
  unstored: number;
  /** So many of the hashes that admission has added are in the checkpoint. */
  hashesSaved: number;
}

export function newPipelineDevice(): PipelineDevice {
  return { admission: newDeviceAdmission(), evaluated: 0, unstored: 0, hashesSaved: 0 };
}

/** The devices the pipeline has met, numbered from 0 in the order it met them. */
export class PipelineDevices {
  readonly #devices = new Map<string, PipelineDevice & { readonly number: number }>();

  get(id: string): PipelineDevice | undefined {
    return this.#devices.get(id);
  }

  /** The device, made when it is met for the first time. */
  meet(id: string): PipelineDevice & { readonly number: number } {
    const known = this.#devices.get(id);
    if (known) return known;
    const made = { number: this.#devices.size, ...newPipelineDevice() };
    this.#devices.set(id, made);
    return made;
  }

  /** A device of a checkpoint; they come in the order of their numbers. */
  restore(id: string, device: PipelineDevice): void {
    this.#devices.set(id, { number: this.#devices.size, ...device });
  }

  entries(): IterableIterator<[string, PipelineDevice]> {
    return this.#devices.entries();
  }
}
