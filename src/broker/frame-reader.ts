/** What came of some received bytes. */
export interface FrameSplit {
  /** Whole frames, one after the other, without those that were taken; undefined when there is none. */
  readonly whole: Buffer | undefined;
  /** Bytes beyond the frames asked for: to be pushed again, before anything newer. */
  readonly rest: Buffer | undefined;
  /** How many of the frames, the taken ones included, cost the broker work; acks do not count. */
  readonly charged: number;
  /** Bytes of a frame beyond the limit, behind the whole ones. Nothing of it is kept, nor may more be pushed. */
  readonly oversize: number | undefined;
}

/** Frames that were taken, from the first byte on. */
export interface TakenFrames {
  readonly frames: number;
  /** Where the next one begins. */
  readonly end: number;
}

/** Where a frame lies: its first byte, where its variable header begins, where the frame ends. */
export type TakeFrame = (bytes: Buffer, firstByte: number, bodyStart: number, end: number) => boolean;

const headerIncomplete = 0;
const headerBroken = -1;
const lengthBytesMax = 4;

/**
 * Cuts a byte stream into whole MQTT frames by their fixed headers, so that a frame's size is judged before its body is
 * kept, and the parser behind never collects pieces (a list of one-byte pieces costs it quadratic time).
 */
export class FrameReader {
  readonly #frameBytesMax: number;
  /** A frame whose header is known, with what has come of it. */
  #partial: Buffer | undefined;
  #filledBytes = 0;
  /** A fixed header that has not come whole: at most four bytes. */
  #header: Buffer | undefined;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** Whether what comes next begins a frame. */
  get isBetweenFrames(): boolean {
    return this.#partial === undefined && this.#header === undefined;
  }

  /** Offers the whole frames that `bytes`, which begin a frame, begin with, until one is refused. Nothing is kept. */
  takeFirst(bytes: Buffer, framesMax: number, take: TakeFrame): TakenFrames {
    let end = 0;
    for (let frames = 0; ; frames += 1) {
      if (frames === framesMax || end === bytes.length) return { frames, end };
      const frameBytes = frameBytesAt(bytes, end);
      const isWhole = frameBytes > 0 && frameBytes <= this.#frameBytesMax && end + frameBytes <= bytes.length;
      if (!isWhole || !take(bytes, bytes[end] ?? 0, bodyStartAt(bytes, end), end + frameBytes)) return { frames, end };
      end += frameBytes;
    }
  }

  /**
   * `take` is offered whole frames in their order, until it refuses one: from that one on all of this push are given
   * as `whole`, so that the order is kept. What is taken is charged.
   */
  push(chunk: Buffer, framesMax: number, take?: TakeFrame): FrameSplit {
    if (this.#header !== undefined) {
      const joined = Buffer.concat([this.#header, chunk]);
      this.#header = undefined;
      return this.#split(joined, framesMax, take);
    }
    const frame = this.#partial;
    if (frame === undefined) return this.#split(chunk, framesMax, take);

    const copied = chunk.copy(frame, this.#filledBytes);
    this.#filledBytes += copied;
    if (this.#filledBytes < frame.length) return nothingWhole;
    this.#partial = undefined;
    const charged = isCharged(frame[0]) ? 1 : 0;
    const isTaken = take?.(frame, frame[0] ?? 0, bodyStartAt(frame, 0), frame.length) ?? false;
    const first = isTaken ? undefined : frame;
    const rest = chunk.subarray(copied);
    if (rest.length === 0) return { whole: first, rest: undefined, charged, oversize: undefined };
    if (framesMax <= 1) return { whole: first, rest, charged, oversize: undefined };
    const more = this.#split(rest, framesMax - 1, isTaken ? take : undefined);
    const whole = first !== undefined && more.whole !== undefined ? Buffer.concat([first, more.whole]) : more.whole;
    return { ...more, whole: whole ?? first, charged: charged + more.charged };
  }

  #split(bytes: Buffer, framesMax: number, take: TakeFrame | undefined): FrameSplit {
    const taken = take === undefined ? nothingTaken : this.takeFirst(bytes, framesMax, take);
    let { frames, end: start } = taken;
    let charged = frames;
    let rest: Buffer | undefined;
    let oversize: number | undefined;
    while (start < bytes.length) {
      if (frames === framesMax) {
        rest = bytes.subarray(start);
        break;
      }
      const frameBytes = frameBytesAt(bytes, start);
      if (frameBytes === headerIncomplete) {
        this.#header = Buffer.from(bytes.subarray(start));
        break;
      }
      // The parser behind says what is wrong with it and ends the connection.
      if (frameBytes === headerBroken)
        return { whole: bytes.subarray(taken.end), rest: undefined, charged, oversize: undefined };
      if (frameBytes > this.#frameBytesMax) {
        oversize = frameBytes;
        break;
      }
      if (start + frameBytes > bytes.length) {
        this.#partial = Buffer.allocUnsafe(frameBytes);
        this.#filledBytes = bytes.copy(this.#partial, 0, start);
        break;
      }
      if (isCharged(bytes[start])) charged += 1;
      frames += 1;
      start += frameBytes;
    }
    const whole = start === taken.end ? undefined : bytes.subarray(taken.end, start);
    return { whole, rest, charged, oversize };
  }
}

const nothingTaken: TakenFrames = { frames: 0, end: 0 };
const nothingWhole: FrameSplit = { whole: undefined, rest: undefined, charged: 0, oversize: undefined };

/** Bytes of the frame that begins at `start`, its header included, as far as the header tells. */
function frameBytesAt(bytes: Buffer, start: number): number {
  let bodyBytes = 0;
  for (let index = 1; index <= lengthBytesMax; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) return headerIncomplete;
    bodyBytes += (byte & 0x7f) << (7 * (index - 1));
    if (byte < 0x80) return 1 + index + bodyBytes;
  }
  return headerBroken;
}

/** Behind the length field of a sound header. */
function bodyStartAt(bytes: Buffer, start: number): number {
  let at = start + 1;
  while ((bytes[at] ?? 0) >= 0x80) at += 1;
  return at + 1;
}

/** PUBACK, PUBREC, PUBREL and PUBCOMP follow from messages that were charged already. */
function isCharged(firstByte: number | undefined): boolean {
  const type = (firstByte ?? 0) >> 4;
  return type < 4 || type > 7;
}
