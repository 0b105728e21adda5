/**
 * Groups, attributes and headers of HDF5 files (The HDF Group, "HDF5 file format specification", version 3.0), as far as Keras
 * writes them: superblocks 0 to 3, object headers 1 and 2, symbol tables, compact links and attributes. The dense storage of
 * `libver='latest'` is refused by name.
 */
import { Cursor, type PagedReader } from './pages.js';
import { parseDataspace, parseDatatype, type Datatype } from './types.js';

/** A header message, its content still packed. */
export interface Message {
  readonly type: number;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An attribute as text or numbers. */
export type AttributeValue = readonly string[] | readonly number[];

/** The links of a group by name: addresses of object headers. */
export type Links = ReadonlyMap<string, number>;

const UNDEFINED_ADDRESS = 2 ** 64;
const MESSAGE = {
  dataspace: 1,
  linkInfo: 2,
  datatype: 3,
  link: 6,
  layout: 8,
  filters: 11,
  attribute: 12,
  continuation: 16,
  symbolTable: 17,
  attributeInfo: 21,
} as const;

export { MESSAGE };

/** The address of the root group's object header. */
export async function rootAddress(reader: PagedReader): Promise<number> {
  const cursor = await reader.upTo(0, 128);
  cursor.skip(8);
  const version = cursor.u8();
  if (version > 3) throw reader.fail(`its superblock has the version ${String(version)}`);
  if (version <= 1) cursor.skip(4);
  const [offsetBytes, lengthBytes] = [cursor.u8(), cursor.u8()];
  if (offsetBytes !== 8 || lengthBytes !== 8) throw reader.fail('its addresses are not 64 bits wide');
  // Version 0: reserved, two tree constants, flags; version 1 two fields more; then four addresses and the root's entry.
  cursor.skip(version === 0 ? 9 : version === 1 ? 13 : 1);
  if (cursor.u64() !== 0) throw reader.fail('it has a user block');
  if (version <= 1) {
    cursor.skip(24 + 8);
    return cursor.u64();
  }
  cursor.skip(16);
  return cursor.u64();
}

/** All messages of an object header. */
export async function readMessages(reader: PagedReader, address: number): Promise<Message[]> {
  const prefix = await reader.upTo(address, 32);
  const isNew = prefix.bytes[0] === 0x4f;
  const messages: Message[] = [];
  const seen = new Set<number>([address]);
  const blocks: { address: number; length: number; continued: boolean }[] = [];
  let creationOrder = false;
  if (isNew) {
    prefix.signature('OHDR');
    prefix.skip(1);
    const flags = prefix.u8();
    creationOrder = (flags & 4) !== 0;
    prefix.skip(((flags & 32) === 0 ? 0 : 16) + ((flags & 16) === 0 ? 0 : 4));
    const length = prefix.unsigned(1 << (flags & 3));
    blocks.push({ address: address + prefix.position, length, continued: false });
  } else {
    if (prefix.u8() !== 1) throw reader.fail('an object header has an unknown version');
    prefix.skip(7);
    blocks.push({ address: address + 16, length: prefix.u32(), continued: false });
  }
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    const cursor = await reader.at(block.address, block.length);
    if (isNew && block.continued) cursor.signature('OCHK');
    // A continuation of a new header ends with a checksum; the first block's length leaves it out.
    const end = isNew && block.continued ? cursor.left - 4 : cursor.left;
    const stop = cursor.position + Math.max(0, end);
    while (stop - cursor.position >= (isNew ? 4 : 8)) {
      const type = isNew ? cursor.u8() : cursor.u16();
      const size = cursor.u16();
      const flags = cursor.u8();
      cursor.skip(isNew ? (creationOrder ? 2 : 0) : 3);
      const body = cursor.take(size);
      if ((flags & 2) !== 0) throw reader.fail('it shares header messages between objects');
      if (type !== MESSAGE.continuation) messages.push({ type, body });
      else {
        const next = new Cursor(body, (problem) => reader.fail(problem));
        const continued = { address: next.u64(), length: next.u64(), continued: true };
        if (seen.has(continued.address)) throw reader.fail('an object header continues in itself');
        seen.add(continued.address);
        blocks.push(continued);
      }
    }
  }
  return messages;
}

/** The links of a group, from its header's messages. */
export async function readLinks(reader: PagedReader, messages: readonly Message[]): Promise<Links> {
  const links = new Map<string, number>();
  for (const { type, body } of messages) {
    const cursor = new Cursor(body, (problem) => reader.fail(problem));
    if (type === MESSAGE.symbolTable) await readSymbolTable(reader, cursor.u64(), cursor.u64(), links);
    else if (type === MESSAGE.link) readLink(cursor, links);
    else if (type === MESSAGE.linkInfo) {
      cursor.skip(1);
      cursor.skip((cursor.u8() & 1) === 0 ? 0 : 8);
      if (cursor.u64() < UNDEFINED_ADDRESS)
        throw reader.fail("it keeps its links in HDF5's dense storage, which is not read; save it again without libver='latest'");
    }
  }
  return links;
}

function readLink(cursor: Cursor, links: Map<string, number>): void {
  cursor.skip(1);
  const flags = cursor.u8();
  const kind = (flags & 8) === 0 ? 0 : cursor.u8();
  cursor.skip(((flags & 4) === 0 ? 0 : 8) + ((flags & 16) === 0 ? 0 : 1));
  const name = new TextDecoder().decode(cursor.take(cursor.unsigned(1 << (flags & 3))));
  if (kind === 0) links.set(name, cursor.u64());
}

async function readSymbolTable(reader: PagedReader, treeAddress: number, heapAddress: number, links: Map<string, number>): Promise<void> {
  const heap = await reader.at(heapAddress, 32);
  heap.signature('HEAP');
  heap.skip(4);
  const heapBytes = heap.u64();
  heap.skip(8);
  const names = (await reader.at(heap.u64(), heapBytes)).bytes;
  const seen = new Set<number>();
  const pending = [{ address: treeAddress, level: 255 }];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node.address)) throw reader.fail('a group contains itself');
    seen.add(node.address);
    const head = await reader.at(node.address, 24);
    head.signature('TREE');
    if (head.u8() !== 0) throw reader.fail("a group's tree is of another kind");
    const level = head.u8();
    if (level >= node.level) throw reader.fail("a group's tree is not ordered by level");
    const count = head.u16();
    const entries = await reader.at(node.address + 24, count * 16 + 8);
    for (let entry = 0; entry < count; entry++) {
      entries.skip(8);
      const child = entries.u64();
      if (level > 0) pending.push({ address: child, level });
      else if (seen.has(child)) throw reader.fail('a group contains itself');
      else {
        seen.add(child);
        await readSymbols(reader, child, names, links);
      }
    }
  }
}

async function readSymbols(reader: PagedReader, address: number, names: Uint8Array, links: Map<string, number>): Promise<void> {
  const head = await reader.at(address, 8);
  head.signature('SNOD');
  head.skip(2);
  const count = head.u16();
  const entries = await reader.at(address + 8, count * 40);
  for (let entry = 0; entry < count; entry++) {
    const nameOffset = entries.u64();
    const target = entries.u64();
    const kind = entries.u32();
    entries.skip(20);
    const end = names.indexOf(0, nameOffset);
    if (nameOffset >= names.byteLength || end < 0) throw reader.fail('the name of a link lies outside its heap');
    // Kind 2 is a symbolic link; Keras writes none, and following them could go in circles.
    if (kind !== 2) links.set(new TextDecoder().decode(names.subarray(nameOffset, end)), target);
  }
}

/** The attributes of an object, from its header's messages; those of kinds that are not read are left out. */
export async function readAttributes(reader: PagedReader, messages: readonly Message[]): Promise<Map<string, AttributeValue>> {
  const attributes = new Map<string, AttributeValue>();
  for (const { type, body } of messages) {
    const cursor = new Cursor(body, (problem) => reader.fail(problem));
    if (type === MESSAGE.attributeInfo) {
      cursor.skip(1);
      cursor.skip((cursor.u8() & 1) === 0 ? 0 : 2);
      if (cursor.u64() < UNDEFINED_ADDRESS)
        throw reader.fail("it keeps its attributes in HDF5's dense storage, which is not read; save it again without libver='latest'");
    }
    if (type !== MESSAGE.attribute) continue;
    const version = cursor.u8();
    if ((cursor.u8() & 3) !== 0 && version > 1) throw reader.fail('it shares types between attributes');
    const sizes = [cursor.u16(), cursor.u16(), cursor.u16()];
    if (version === 3) cursor.skip(1);
    const [name, datatype, dataspace] = sizes.map((size) => {
      const part = cursor.take(size);
      if (version === 1) cursor.align(8);
      return part;
    });
    if (name === undefined || datatype === undefined || dataspace === undefined) continue;
    const kind = parseDatatype(new Cursor(datatype, (problem) => reader.fail(problem)));
    const count = parseDataspace(new Cursor(dataspace, (problem) => reader.fail(problem))).reduce((product, dimension) => product * dimension, 1);
    const value = kind === undefined ? undefined : await attributeValue(reader, kind, count, cursor);
    if (value !== undefined) attributes.set(textOf(name), value);
  }
  return attributes;
}

async function attributeValue(reader: PagedReader, type: Datatype, count: number, cursor: Cursor): Promise<AttributeValue | undefined> {
  if (type.sizeBytes === 0 || !(count * type.sizeBytes <= cursor.left)) throw reader.fail('an attribute claims more values than it has');
  if (type.kind === 'text') return Array.from({ length: count }, () => textOf(cursor.take(type.sizeBytes)));
  if (type.kind !== 'long-text') return undefined;
  const texts: string[] = [];
  for (let index = 0; index < count; index++) {
    const length = cursor.u32();
    const [heapAddress, object] = [cursor.u64(), cursor.u32()];
    texts.push(length === 0 ? '' : textOf((await globalHeapObject(reader, heapAddress, object)).subarray(0, length)));
  }
  return texts;
}

async function globalHeapObject(reader: PagedReader, address: number, wanted: number): Promise<Uint8Array<ArrayBuffer>> {
  const head = await reader.at(address, 16);
  head.signature('GCOL');
  head.skip(4);
  const heap = await reader.at(address, head.u64());
  heap.skip(16);
  while (heap.left >= 16) {
    const index = heap.u16();
    heap.skip(6);
    const size = heap.u64();
    if (index === 0) break;
    const body = heap.take(size);
    if (index === wanted) return body;
    heap.align(8);
  }
  throw reader.fail('a text attribute points to an object that is not in its heap');
}

/** Text up to the first NUL. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
