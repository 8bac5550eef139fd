import type { ResourceNeeds } from "./resources.ts";
import { Shape } from "./shape.ts";
import type { WaitingTable } from "./waiting-table.ts";

/** Cores and memory are compared bit by bit as 31-bit integers; a description's limits are below. */
export const shapeAmountMax: number = 2 ** 31 - 1;

/** One shape (a leaf), or a branch over those that share all higher bits of cores and memory. */
export interface ShapeNode {
  milliCoresMin: number;
  memoryMiBMin: number;
  /** The shape below with the smallest head order. */
  oldest: Shape;
  parent: ShapeNode | null;
  branch: { readonly rank: number; left: ShapeNode; right: ShapeNode } | null;
}

/**
 * Finds the oldest shape that fits into given cores and memory, among thousands of shapes. A
 * crit-bit tree (D. J. Bernstein) over the interleaved bits of cores and memory, which is a compressed
 * quadtree: no rebalancing, depth at most 62. Each node knows its least needs and its oldest shape, so a
 * search skips what cannot fit and what is younger than the best so far.
 */
export class ShapeIndex {
  #root: ShapeNode | null = null;
  readonly #table: WaitingTable;
  readonly #needs: ResourceNeeds;

  /** All its shapes need these resources. */
  constructor(table: WaitingTable, needs: ResourceNeeds) {
    this.#table = table;
    this.#needs = needs;
  }

  get isEmpty(): boolean {
    return this.#root === null;
  }

  /** The shape of these amounts; a new one is empty and must be given an application at once. */
  obtain(milliCores: number, memoryMiB: number): Shape {
    const nearest = this.#nearest(milliCores, memoryMiB);
    if (nearest === null)
      return this.#newLeaf(milliCores, memoryMiB, (leaf) => (this.#root = leaf)).oldest;
    const shape = nearest.oldest;
    const rank = differingRank(shape.milliCores ^ milliCores, shape.memoryMiB ^ memoryMiB);
    if (rank < 0) return shape;
    return this.#newLeaf(milliCores, memoryMiB, (leaf) => this.#insert(leaf, rank)).oldest;
  }

  /** The oldest shape that needs no more than this, if it is older than `best`; else `best`. */
  oldestWithin(milliCores: number, memoryMiB: number, best?: Shape): Shape | undefined {
    return this.#root === null ? best : search(this.#root, milliCores, memoryMiB, best);
  }

  /** To be called when the head of a shape has changed. An empty shape leaves the index. */
  headChanged(shape: Shape): void {
    const leaf = shape.node!;
    if (shape.isEmpty) this.#remove(leaf);
    else refreshUpwards(leaf.parent);
  }

  *shapes(): Generator<Shape> {
    const open = this.#root === null ? [] : [this.#root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.branch === null) yield node.oldest;
      else open.push(node.branch.left, node.branch.right);
    }
  }

  #newLeaf(milliCores: number, memoryMiB: number, attach: (leaf: ShapeNode) => void): ShapeNode {
    const shape = new Shape(milliCores, memoryMiB, this.#needs, this.#table);
    const leaf: ShapeNode = {
      milliCoresMin: milliCores,
      memoryMiBMin: memoryMiB,
      oldest: shape,
      parent: null,
      branch: null,
    };
    shape.node = leaf;
    attach(leaf);
    return leaf;
  }

  #nearest(milliCores: number, memoryMiB: number): ShapeNode | null {
    let node = this.#root;
    while (node !== null && node.branch !== null) {
      node = isRight(node.branch.rank, milliCores, memoryMiB)
        ? node.branch.right
        : node.branch.left;
    }
    return node;
  }

  #insert(leaf: ShapeNode, rank: number): void {
    const { milliCoresMin: milliCores, memoryMiBMin: memoryMiB } = leaf;
    let sibling = this.#root!;
    while (sibling.branch !== null && sibling.branch.rank > rank) {
      sibling = isRight(sibling.branch.rank, milliCores, memoryMiB)
        ? sibling.branch.right
        : sibling.branch.left;
    }
    const right = isRight(rank, milliCores, memoryMiB);
    const node: ShapeNode = {
      milliCoresMin: milliCores,
      memoryMiBMin: memoryMiB,
      oldest: leaf.oldest,
      parent: sibling.parent,
      branch: { rank, left: right ? sibling : leaf, right: right ? leaf : sibling },
    };
    this.#replace(sibling, node);
    sibling.parent = node;
    leaf.parent = node;
    refreshUpwards(node);
  }

  #remove(leaf: ShapeNode): void {
    leaf.oldest.node = null;
    const parent = leaf.parent;
    if (parent === null) {
      this.#root = null;
      return;
    }
    const branch = parent.branch!;
    const sibling = branch.left === leaf ? branch.right : branch.left;
    this.#replace(parent, sibling);
    sibling.parent = parent.parent;
    refreshUpwards(sibling.parent);
  }

  #replace(node: ShapeNode, by: ShapeNode): void {
    const branch = node.parent?.branch ?? null;
    if (branch === null) this.#root = by;
    else if (branch.left === node) branch.left = by;
    else branch.right = by;
  }
}

function search(
  node: ShapeNode,
  milliCores: number,
  memoryMiB: number,
  best: Shape | undefined,
): Shape | undefined {
  if (node.milliCoresMin > milliCores || node.memoryMiBMin > memoryMiB) return best;
  const { oldest, branch } = node;
  if (best !== undefined && oldest.headOrder >= best.headOrder) return best;
  if (oldest.fits(milliCores, memoryMiB)) return oldest;
  if (branch === null) return best;
  const leftFirst = branch.left.oldest.headOrder <= branch.right.oldest.headOrder;
  const first = search(leftFirst ? branch.left : branch.right, milliCores, memoryMiB, best);
  return search(leftFirst ? branch.right : branch.left, milliCores, memoryMiB, first);
}

function refreshUpwards(from: ShapeNode | null): void {
  for (let node = from; node !== null; node = node.parent) {
    const { left, right } = node.branch!;
    node.milliCoresMin = Math.min(left.milliCoresMin, right.milliCoresMin);
    node.memoryMiBMin = Math.min(left.memoryMiBMin, right.memoryMiBMin);
    node.oldest = left.oldest.headOrder <= right.oldest.headOrder ? left.oldest : right.oldest;
  }
}

/** A bit's rank among the interleaved ones: even for memory, odd for cores; -1 if nothing differs. */
function differingRank(milliCoresXor: number, memoryMiBXor: number): number {
  const coresRank = milliCoresXor === 0 ? -1 : (31 - Math.clz32(milliCoresXor)) * 2 + 1;
  const memoryRank = memoryMiBXor === 0 ? -1 : (31 - Math.clz32(memoryMiBXor)) * 2;
  return Math.max(coresRank, memoryRank);
}

function isRight(rank: number, milliCores: number, memoryMiB: number): boolean {
  return ((((rank & 1) === 1 ? milliCores : memoryMiB) >>> (rank >> 1)) & 1) === 1;
}
