import { type DeviceAdmission, newDeviceAdmission } from '../admission/index.ts';

/** One device in the pipeline: what admission remembers, and how far its accepted reports have come since. */
export interface PipelineDevice {
  readonly admission: DeviceAdmission;
  evaluated: number;
  /** Accepted reports that the last store on their way has not got. */
  unstored: number;
}

export function newPipelineDevice(): PipelineDevice {
  return { admission: newDeviceAdmission(), evaluated: 0, unstored: 0 };
}

/** The devices the pipeline has met, in the order it met them. */
export class PipelineDevices {
  readonly #devices = new Map<string, PipelineDevice>();

  get(id: string): PipelineDevice | undefined {
    return this.#devices.get(id);
  }

  /** The device, made when it is met for the first time. */
  meet(id: string): PipelineDevice {
    const known = this.#devices.get(id);
    if (known) return known;
    const made = newPipelineDevice();
    this.#devices.set(id, made);
    return made;
  }

  set(id: string, device: PipelineDevice): void {
    this.#devices.set(id, device);
  }

  entries(): IterableIterator<[string, PipelineDevice]> {
    return this.#devices.entries();
  }
}
