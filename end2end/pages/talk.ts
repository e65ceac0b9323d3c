import { type Locator, type Page, expect } from "@playwright/test";
import { open } from "../harness/fixtures";

/** A negotiation as one who sits in it sees it. */
export class Talk {
  readonly log: Locator;
  readonly composer: Locator;
  readonly price: Locator;
  readonly words: Locator;
  readonly reveal: Locator;
  readonly ownLimit: Locator;

  constructor(readonly page: Page) {
    this.log = page.getByRole("log", { name: "Conversation" });
    this.composer = page.getByRole("form", { name: "Your move" });
    this.price = this.composer.getByLabel("Your price");
    this.words = this.composer.getByLabel("What you say");
    this.ownLimit = page.getByRole("complementary", { name: "Your limit and the offers" });
    this.reveal = page.getByRole("region", { name: /You (bought|sold|walked away)|Deal at|walked away|No deal/ });
  }

  static async open(page: Page, id: string, origin = ""): Promise<Talk> {
    await open(page, `${origin}/talk/${id}`);
    return new Talk(page);
  }

  get id(): string {
    return /\/talk\/([0-9a-f-]{36})/.exec(this.page.url())?.[1] ?? "";
  }

  /** Fills in a move without sending it. */
  async draft(dollars: string, words = ""): Promise<void> {
    await this.words.fill(words);
    await this.price.fill(dollars);
  }

  get offerButton(): Locator {
    return this.composer.getByRole("button", { name: /^Offer/ });
  }

  get acceptButton(): Locator {
    return this.composer.getByRole("button", { name: /^Accept \$/ });
  }

  async offer(dollars: string, words = ""): Promise<void> {
    await this.draft(dollars, words);
    await this.offerButton.click();
  }

  async accept(): Promise<void> {
    await this.acceptButton.click();
    await this.page.getByRole("dialog", { name: /^Accept/ }).getByRole("button", { name: /^Accept/ }).click();
  }

  async walkAway(): Promise<void> {
    await this.composer.getByRole("button", { name: "Walk away" }).click();
    await this.page.getByRole("dialog", { name: "Walk away?" }).getByRole("button", { name: "Walk away" }).click();
  }

  /** Waits until it is the reader's turn to speak, or all is over. */
  async myTurnOrOver(): Promise<"turn" | "over"> {
    const over = this.reveal;
    const turn = this.page.getByRole("status").filter({ hasText: /^Your turn\./ });
    await expect(turn.or(over).first()).toBeVisible();
    return (await over.isVisible()) ? "over" : "turn";
  }

  async isOver(): Promise<void> {
    await expect(this.reveal).toBeVisible();
  }
}
