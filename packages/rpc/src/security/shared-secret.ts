import {
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from "node:crypto";
import type { FrameProtection, RpcSecurity, SecurityContext, SecuritySession } from "./security.ts";

/** Shorter secrets could be found by trying: a proof can be checked without asking anybody. */
const secretBytesMin = 32;
const nonceBytes = 32;
const keyBytes = 32;
/** Half of an HMAC-SHA256, which RFC 2104 (section 5) holds to be enough. */
const tagBytes = 16;

/**
 * Both ends prove that they know the same secret, and every later frame carries a tag, so that nobody in
 * between can change, repeat, reorder or leave out any. It hides nothing: for that there is the TLS transport.
 *
 *     dialer                        acceptor
 *       nonce        <------->        nonce
 *       proof         ------->        checks it, or ends the connection
 *       checks it    <-------         proof
 *
 * Whoever accepts connections so shows a stranger nothing that depends on the secret. Proofs and tags are
 * HMAC-SHA256 (RFC 2104) under keys of their own for each direction of each connection, which HKDF (RFC 5869)
 * derives from the secret, both hellos as they were on the wire, and both nonces.
 *
 * @param secret at least 32 bytes that were drawn at random: not a password.
 * @throws RangeError for a shorter one.
 */
export function sharedSecret(secret: Uint8Array): RpcSecurity {
  if (secret.length < secretBytesMin) {
    throw new RangeError(
      `a shared secret has at least ${secretBytesMin} bytes, not ${secret.length}`,
    );
  }
  const key = createSecretKey(Buffer.from(secret));
  return { name: "shared-secret-1", begin: (context) => new Proof(key, context) };
}

/**
 * One side of the proof.
 *
 * nonce     the peer's nonce is awaited
 * proof     the peer's proof is awaited
 */
class Proof implements SecuritySession {
  readonly #secret: KeyObject;
  readonly #context: SecurityContext;
  readonly #nonce = randomBytes(nonceBytes);
  #keys: Keys | undefined;

  constructor(secret: KeyObject, context: SecurityContext) {
    this.#secret = secret;
    this.#context = context;
  }

  start(): ReturnType<SecuritySession["start"]> {
    return { kind: "continue", payload: this.#nonce };
  }

  receive(payload: Uint8Array): ReturnType<SecuritySession["receive"]> {
    return this.#keys === undefined
      ? this.#takeNonce(payload)
      : this.#takeProof(this.#keys, payload);
  }

  #takeNonce(nonce: Uint8Array): ReturnType<SecuritySession["receive"]> {
    if (nonce.length !== nonceBytes) {
      return { kind: "rejected", message: `its nonce has ${nonce.length} bytes` };
    }
    const { role } = this.#context;
    this.#keys = deriveKeys(this.#secret, transcript(this.#context, this.#nonce, nonce));
    return role === "dialer"
      ? { kind: "continue", payload: proofOf(this.#keys, role) }
      : { kind: "continue" };
  }

  #takeProof(keys: Keys, payload: Uint8Array): ReturnType<SecuritySession["receive"]> {
    const { role } = this.#context;
    const peer = role === "dialer" ? "acceptor" : "dialer";
    if (!isSame(payload, proofOf(keys, peer))) {
      return { kind: "rejected", message: "the two sides do not have the same secret" };
    }
    return {
      kind: "established",
      ...(role === "acceptor" ? { payload: proofOf(keys, role) } : {}),
      identity: "shared-secret",
      protection: protect(keys[role].frames, keys[peer].frames),
    };
  }
}

type Keys = Readonly<
  Record<SecurityContext["role"], { readonly proof: KeyObject; readonly frames: KeyObject }>
>;

/** Everything that both sides have seen, in one order. */
function transcript(context: SecurityContext, own: Uint8Array, peer: Uint8Array): Uint8Array {
  const { role, localHello, peerHello } = context;
  const parts =
    role === "dialer" ? [localHello, peerHello, own, peer] : [peerHello, localHello, peer, own];
  const hash = createHash("sha256");
  for (const part of parts) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  }
  return hash.digest();
}

function deriveKeys(secret: KeyObject, salt: Uint8Array): Keys {
  const derive = (purpose: string): KeyObject =>
    createSecretKey(
      Buffer.from(hkdfSync("sha256", secret, salt, `aloha-rpc-1 ${purpose}`, keyBytes)),
    );
  return {
    dialer: { proof: derive("dialer proof"), frames: derive("dialer frames") },
    acceptor: { proof: derive("acceptor proof"), frames: derive("acceptor frames") },
  };
}

function proofOf(keys: Keys, role: keyof Keys): Uint8Array {
  return createHmac("sha256", keys[role].proof).update(role).digest();
}

/** The place of a frame in its direction is part of its tag: none can be left out, repeated or moved. */
function protect(own: KeyObject, peer: KeyObject): FrameProtection {
  let sent = 0n;
  let received = 0n;
  return {
    tagBytes,
    tag: (frame) => tagOf(own, sent++, frame),
    verify: (frame, tag) => isSame(tag, tagOf(peer, received++, frame)),
  };
}

function tagOf(key: KeyObject, place: bigint, frame: Uint8Array): Uint8Array {
  const counter = Buffer.allocUnsafe(8);
  counter.writeBigUInt64BE(place);
  return createHmac("sha256", key).update(counter).update(frame).digest().subarray(0, tagBytes);
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
