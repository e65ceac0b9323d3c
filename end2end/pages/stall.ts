import { type Page, expect } from "@playwright/test";
import { open } from "../harness/fixtures";
import { Talk } from "./talk";

export const DEFAULT = Symbol("the default opponent");

export type Choice = {
  side: "Buy it" | "Sell it";
  /** Title of a negotiator, undefined to invite a person, or whoever is chosen at first. */
  opponent: string | undefined | typeof DEFAULT;
  manner?: string;
  speakFreely?: boolean;
};

/** A product's page. */
export class Stall {
  constructor(readonly page: Page) {}

  static async open(page: Page, product: string): Promise<Stall> {
    await open(page, `/stall/${product}`);
    return new Stall(page);
  }

  /** Chooses side and opponent and begins. */
  async bargain({ side, opponent, manner, speakFreely }: Choice): Promise<Talk> {
    const form = this.page.getByRole("form", { name: "Start bargaining" });
    const across = form.getByRole("group", { name: "Across the table" });
    await form.getByRole("radio", { name: side }).check();
    if (opponent !== DEFAULT) {
      await across.getByRole("radio", { name: opponent ?? "A person you invite" }).first().check();
    }
    if (manner) await form.getByLabel("The seller's manner").selectOption(manner);
    if (speakFreely) await form.getByLabel(/Speak freely/).check();
    await form.getByRole("button", { name: "Bargain" }).click();
    await expect(this.page).toHaveURL(/\/talk\/[0-9a-f-]{36}$/);
    return new Talk(this.page);
  }
}
