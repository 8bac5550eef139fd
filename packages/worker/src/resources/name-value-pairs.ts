import {
  AlohaError,
  descriptionLimits,
  isLabelName,
  isResourceName,
  protocolLimits,
  quote,
} from "@aloha/core";
import type { Resources } from "@aloha/core";

/** `gpu=2`, `license=5` as amounts. Throws AlohaError, which names the configuration key and what is wrong. */
export function parseResources(key: string, texts: readonly string[]): Resources {
  const { resourceAmountMax } = descriptionLimits;
  const entries = parsePairs(key, texts, protocolLimits.resourceKindsMax).map(([name, text]) => {
    const amount = /^[0-9]{1,7}$/.test(text) ? Number(text) : -1;
    if (!isResourceName(name) || amount < 0 || amount > resourceAmountMax) {
      const what = `${name}=${text}`;
      throw new AlohaError(
        "invalid-argument",
        `${key}: ${quote(what)} is not a resource and a number from 0 to ${resourceAmountMax}, such as gpu=2`,
      );
    }
    return [name, amount] as const;
  });
  return Object.fromEntries(entries.filter(([, amount]) => amount > 0));
}

/** `zone=a`, `disk=ssd` as labels. Throws AlohaError, which names the configuration key and what is wrong. */
export function parseLabels(
  key: string,
  texts: readonly string[],
): Readonly<Record<string, string>> {
  const entries = parsePairs(key, texts, protocolLimits.labelsMax);
  for (const [name, value] of entries) {
    if (isLabelName(name) && value.length <= protocolLimits.labelValueLengthMax) continue;
    const what = `${name}=${value}`;
    throw new AlohaError(
      "invalid-argument",
      `${key}: ${quote(what)} is not a label: a name is letters, digits, dots, dashes, underscores and slashes, a value at most ${protocolLimits.labelValueLengthMax} characters`,
    );
  }
  return Object.fromEntries(entries);
}

function parsePairs(
  key: string,
  texts: readonly string[],
  countMax: number,
): readonly (readonly [name: string, value: string])[] {
  if (texts.length > countMax)
    throw new AlohaError(
      "invalid-argument",
      `${key} names ${texts.length}, at most ${countMax} are allowed`,
    );
  return texts.map((text) => {
    const separator = text.indexOf("=");
    if (separator < 1)
      throw new AlohaError("invalid-argument", `${key}: ${quote(text)} is not name=value`);
    return [text.slice(0, separator).trim(), text.slice(separator + 1).trim()];
  });
}
