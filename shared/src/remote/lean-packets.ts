import { createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import type { Client } from 'ssh2';

/** The parts of the library's AES-GCM ciphers that are reached into (ssh2 1.17). */
type Outbound = {
  _encKey: Buffer | KeyObject;
  _onWrite(bytes: Buffer): void;
  allocPacket(payloadLength: number): Buffer;
  encrypt(packet: Buffer): void;
};
type Inbound = { _decipherKey: Buffer | KeyObject };

/** More than an SSH packet with its head and padding: servers take 32 KiB of data in one. */
const PACKET_BYTES_MAX = 40_000;
const RANDOM_BYTES = 16_384;
const BLOCK_BYTES = 16;

/**
 * Makes the packets of a connection cheaper, which is most of the work of an upload:
 *
 * - The library begins a cipher for each packet with a key of plain bytes, and Node finds out by throwing an error that these
 *   are no key object: as much work as to encrypt 32 KiB. So it gets key objects.
 * - It takes new memory for each packet and asks for random padding each time. So one packet is used again and again, while it is
 *   not still waiting to be encrypted, and padding comes from a store of random bytes.
 *
 * Where the library looks otherwise, and after a change of keys, all is as the library does it.
 */
export function leanPackets(client: Client): void {
  const { _protocol: protocol } = client as unknown as { _protocol?: { _cipher?: Outbound; _decipher?: Inbound } };
  const { _cipher: cipher, _decipher: decipher } = protocol ?? {};
  if (cipher?.constructor.name === 'AESGCMCipherNative' && Buffer.isBuffer(cipher._encKey)) {
    cipher._encKey = createSecretKey(cipher._encKey);
    reusePacket(cipher);
  }
  if (decipher?.constructor.name === 'AESGCMDecipherNative' && Buffer.isBuffer(decipher._decipherKey)) {
    decipher._decipherKey = createSecretKey(decipher._decipherKey);
  }
}

function reusePacket(cipher: Outbound): void {
  const { allocPacket, encrypt, _onWrite: onWrite } = cipher;
  const memory = Buffer.allocUnsafeSlow(PACKET_BYTES_MAX);
  const random = Buffer.allocUnsafeSlow(RANDOM_BYTES);
  let randomAt = RANDOM_BYTES;
  let lent = false;

  cipher.allocPacket = (payloadLength) => {
    // Source: RFC 4253, section 6, and RFC 5647, section 7.2: the length itself is not encrypted and not padded.
    const unpadded = 1 + payloadLength;
    let padding = BLOCK_BYTES - (unpadded % BLOCK_BYTES);
    if (padding < 4) padding += BLOCK_BYTES;
    const length = 4 + unpadded + padding;
    if (lent || length > PACKET_BYTES_MAX) return allocPacket.call(cipher, payloadLength);
    lent = true;
    const packet = memory.subarray(0, length);
    packet.writeUInt32BE(length - 4, 0);
    packet[4] = padding;
    if (randomAt + padding > RANDOM_BYTES) {
      randomFillSync(random);
      randomAt = 0;
    }
    random.copy(packet, 4 + unpadded, randomAt, randomAt + padding);
    randomAt += padding;
    return packet;
  };
  cipher.encrypt = (packet) => {
    encrypt.call(cipher, packet);
    if (packet.buffer === memory.buffer) lent = false;
  };
  // The length of a packet is written as it stands in the packet, and the socket keeps it beyond this call.
  cipher._onWrite = (bytes) => onWrite(bytes.buffer === memory.buffer ? Buffer.from(bytes) : bytes);
}
