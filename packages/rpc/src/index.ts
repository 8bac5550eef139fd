export { RpcEnv } from "./rpc-env.ts";
export type {
  LookupOptions,
  RefOptions,
  RegisterOptions,
  RpcEnvOptions,
  RpcStats,
} from "./rpc-env.ts";
export type { Connection, Endpoint, ReceiveContext } from "./endpoint.ts";
export type { AskOptions, Priority, RpcRef, SendOptions } from "./rpc-ref.ts";
export { defineProtocol } from "./protocol.ts";
export type {
  AskMessageOf,
  Exchange,
  MessageOf,
  Protocol,
  ProtocolOptions,
  ProtocolShape,
  ReplyTo,
  SendMessageOf,
  ShapeCheck,
} from "./protocol.ts";
export { formatRpcAddress, formatRpcUrl, parseRpcUrl } from "./rpc-address.ts";
export type { ParsedRpcUrl, RpcAddress } from "./rpc-address.ts";
export { RPC_ERROR_CODES, RpcError } from "./rpc-error.ts";
export type { RpcErrorCode, RpcErrorOptions } from "./rpc-error.ts";
export { DEFAULT_RPC_LIMITS } from "./rpc-limits.ts";
export type { RpcLimits } from "./rpc-limits.ts";
export { memoryNetwork } from "./transport/memory/memory-network.ts";
export type { MemoryNetwork } from "./transport/memory/memory-network.ts";
export { tcpTransport } from "./transport/tcp/tcp-transport.ts";
export { tlsTransport } from "./transport/tls/tls-transport.ts";
export type { TlsTransportOptions } from "./transport/tls/tls-transport.ts";
export type {
  Channel,
  ChannelSink,
  DialOptions,
  Listener,
  ListenOptions,
  Transport,
} from "./transport/transport.ts";
export type {
  FrameProtection,
  RpcSecurity,
  SecurityContext,
  SecuritySession,
  SecurityStep,
} from "./security/security.ts";
export { sharedSecret } from "./security/shared-secret.ts";
