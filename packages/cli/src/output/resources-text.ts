/** `gpu=2 license=5`; with what is used of them `gpu=1/2 license=0/5`; null for none. */
export function resourcesText(
  resources: Readonly<Record<string, number>>,
  used?: Readonly<Record<string, number>>,
): string | null {
  const texts = Object.entries(resources).map(([name, amount]) => {
    if (used === undefined) return `${name}=${amount}`;
    const usedAmount = Object.hasOwn(used, name) ? used[name] : 0;
    return `${name}=${usedAmount}/${amount}`;
  });
  return texts.length === 0 ? null : texts.join(" ");
}
