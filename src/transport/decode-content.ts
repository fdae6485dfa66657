import { promisify } from 'node:util';
import { brotliDecompress, constants, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

/** What a body was before its codings, or why that cannot be known. */
export type DecodedContent =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly problem: DecodingProblem };

export type DecodingProblem = 'too_large' | 'malformed' | 'unknown_coding';

type Decode = (bytes: Buffer, maxBytes: number) => Promise<Buffer>;

/** Gives an empty body as it is: servers name a coding also where they send nothing. */
export async function decodeContent(contentEncoding: string, bytes: Buffer, maxBytes: number): Promise<DecodedContent> {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  const decoders = codings.flatMap((coding) => decoderOf.get(coding) ?? []);
  if (decoders.length < codings.length || codings.length > maxCodings) return { ok: false, problem: 'unknown_coding' };
  try {
    // The last coding named was applied last (RFC 9110, 8.4).
    let decoded = bytes;
    for (const decode of decoders.toReversed()) {
      if (decoded.length > 0) decoded = await decode(decoded, maxBytes);
    }
    return decoded.length > maxBytes ? { ok: false, problem: 'too_large' } : { ok: true, bytes: decoded };
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    return { ok: false, problem: isTooLarge ? 'too_large' : 'malformed' };
  }
}

/** One is what servers use. Each costs up to the limit in memory and time. */
const maxCodings = 2;

const unzip = promisify(gunzip);
const unzlib = promisify(inflate);
const unzlibRaw = promisify(inflateRaw);
const unbrotli = promisify(brotliDecompress);
const unzstd = promisify(zstdDecompress);

const decodeGzip: Decode = (bytes, maxOutputLength) => unzip(bytes, { maxOutputLength });

/** Some servers leave out the zlib format around it. With it, the first byte names the method: 8. */
const decodeDeflate: Decode = (bytes, maxOutputLength) =>
  (((bytes[0] ?? 0) & 0x0f) === 8 ? unzlib : unzlibRaw)(bytes, { maxOutputLength });

const decodeBrotli: Decode = (bytes, maxOutputLength) => unbrotli(bytes, { maxOutputLength });

/** A window of 8 MiB is the largest that HTTP allows (RFC 9659); an answer could ask for 128 MiB of memory. */
const decodeZstd: Decode = (bytes, maxOutputLength) =>
  unzstd(bytes, { maxOutputLength, params: { [constants.ZSTD_d_windowLogMax]: 23 } });

const decoderOf: ReadonlyMap<string, Decode> = new Map([
  ['gzip', decodeGzip],
  ['x-gzip', decodeGzip],
  ['deflate', decodeDeflate],
  ['br', decodeBrotli],
  ['zstd', decodeZstd],
]);
