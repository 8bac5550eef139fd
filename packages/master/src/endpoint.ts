import { masterEndpointName, masterMessageChecks, toAlohaError } from "@aloha/core";
import type { AlohaError, MasterExchanges, NotLeader, Probe, Register, Sync } from "@aloha/core";
import { defineProtocol, type Endpoint, type Protocol, type ReceiveContext } from "@aloha/rpc";
import type { Logger } from "@aloha/runtime";
import type { MasterStanding } from "./master.ts";

/** What workers say to a master, and are answered. */
export type MasterProtocol = { readonly [Kind in keyof MasterExchanges]: MasterExchanges[Kind] };

export const masterProtocol: Protocol<MasterProtocol> = defineProtocol<MasterProtocol>({
  name: masterEndpointName,
  kinds: {
    register: { check: masterMessageChecks.register },
    sync: { check: masterMessageChecks.sync },
    probe: { check: masterMessageChecks.probe },
  },
});

/**
 * The endpoint `master`. A master that does not lead denies it, with the asker's nonce; one that
 * leads asks its core, which may hold a Sync back: it is answered long after `receive` has returned.
 */
export function masterEndpoint(standing: MasterStanding, logger: Logger): Endpoint<MasterProtocol> {
  return {
    receive(message, context) {
      const { leadership } = standing;
      if (leadership === undefined) {
        context.reply(denial(standing, message));
        return;
      }
      leadership.ask({ kind: message.kind, message } as QuestionOf, context.signal).then(
        (answer) => {
          if ("reply" in answer) context.reply(answer.reply);
          else if (answer.kind === "refused") context.fail(answer);
          else
            context.fail({
              code: "internal",
              message: `The master answered ${message.kind} with ${answer.kind}.`,
            });
        },
        (thrown: unknown) => fail(context, toAlohaError(thrown)),
      );
    },
    onError: (error) => logger.error("The master's endpoint failed", { error }),
  };
}

type QuestionOf =
  | { readonly kind: "register"; readonly message: Register }
  | { readonly kind: "sync"; readonly message: Sync }
  | { readonly kind: "probe"; readonly message: Probe };

function fail(context: ReceiveContext, error: AlohaError): void {
  context.fail({ code: error.code, message: error.message });
}

function denial(standing: MasterStanding, message: Register | Sync | Probe): NotLeader {
  const { phase } = standing;
  const state = phase === "ELECTED" || phase === "LOADING" ? phase : "STANDBY";
  return { kind: "not-leader", nonce: message.nonce, state, leader: null };
}
