import type { Page } from "@playwright/test";
import { Asked, type Card, type Reveal } from "./asked";

export type Known = Card & Pick<Reveal, "budget" | "cost">;

/**
 * A product of a category with room for a deal, and its limits: two fast negotiators bargain over
 * one after another until a reveal shows room of at least a fifth of the list price.
 */
export async function productWithRoom(page: Page, category: string): Promise<Known> {
  const asked = Asked.by(page);
  const { items } = await asked.products({ category, min_price: 20_000 });
  for (const card of items) {
    const { budget, cost } = await limits(asked, card.id);
    if (budget - cost > card.list_price / 5) return { ...card, budget, cost };
  }
  throw new Error(`nothing of ${category} has room for a deal`);
}

async function limits(asked: Asked, product: string): Promise<Reveal> {
  const seat = { type: "negotiator", name: "linear" } as const;
  const pace = { interval_ms: 0, paused: false };
  const id = await asked.start(product, { buyer: seat, seller: seat }, { pace });
  await asked.over(id);
  return asked.reveal(id);
}
