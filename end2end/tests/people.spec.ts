import type { Page } from "@playwright/test";
import { Asked, expectUnbroken, money } from "../harness/asked";
import { expect, interactive, open, test } from "../harness/fixtures";
import { productWithRoom } from "../harness/market";
import { Stall } from "../pages/stall";
import { Talk } from "../pages/talk";

/** The guest follows the link and takes the seat. */
async function takeSeat(page: Page, link: string): Promise<Talk> {
  await open(page, link);
  await expect(page.getByRole("heading", { name: "You are invited to bargain" })).toBeVisible();
  await page.getByRole("button", { name: "Take the seat" }).click();
  await expect(page).toHaveURL(/\/talk\//);
  return new Talk(page);
}

test.describe("two people", () => {
  test("meet by a link, see each other type, talk freely and agree", async ({ page, visitor }) => {
    const product = await productWithRoom(page, "toys-games");
    const stall = await Stall.open(page, product.id);
    const buyer = await stall.bargain({ side: "Buy it", opponent: undefined, speakFreely: true });
    const link = await page.getByLabel("Invitation link").inputValue();
    expect(link).toMatch(/^http.*\/join\//);
    await expect(buyer.composer, "nobody to talk to yet").toHaveCount(0);

    const guest = await visitor();
    const seller = await takeSeat(guest, link);
    await expect(buyer.composer, "the talk begins by itself").toBeVisible();
    await expect(buyer.ownLimit).toContainText(money(product.budget));
    await expect(seller.ownLimit).toContainText(money(product.cost));

    await buyer.words.pressSequentially("Hello");
    await expect(guest.getByText("The buyer is typing…")).toBeVisible();
    await buyer.words.fill("");
    await expect(guest.getByText("The buyer is typing…")).toBeHidden();
    await buyer.words.fill("Hello from the buyer");
    await buyer.composer.getByRole("button", { name: "Say it" }).click();
    await expect(seller.log).toContainText("Hello from the buyer");
    await seller.words.fill("Good day to you");
    await seller.words.press("Enter");
    await expect(buyer.log).toContainText("Good day to you");

    const price = Math.round((product.budget + product.cost) / 20) * 10;
    await seller.offer((price / 1000).toFixed(2), "My price");
    await expect(buyer.log).toContainText(`Offers ${money(price)}`);
    await buyer.accept();
    await buyer.isOver();
    await seller.isOver();
    await expect(buyer.reveal.getByRole("heading", { level: 2 })).toHaveText(`You bought it for ${money(price)}`);
    await expect(seller.reveal.getByRole("heading", { level: 2 })).toHaveText(`You sold it for ${money(price)}`);

    const stored = await Asked.by(page).episode(buyer.id);
    expectUnbroken(stored.events);
    const told = (await Asked.by(guest).moves(buyer.id)).map(({ talk }) => talk);
    expect(told.slice(0, 3)).toEqual(["Hello from the buyer", "Good day to you", "My price"]);
  });

  test("take turns where they chose to; a third one can only watch", async ({ page, visitor }) => {
    const product = await productWithRoom(page, "video-games");
    const stall = await Stall.open(page, product.id);
    const seller = await stall.bargain({ side: "Sell it", opponent: undefined });
    const link = await page.getByLabel("Invitation link").inputValue();
    const guest = await visitor();
    const buyer = await takeSeat(guest, link);
    await expect(buyer.composer).toBeVisible();

    const third = await visitor();
    await open(third, link);
    await expect(third.getByText("The seat is taken")).toBeVisible();
    await third.getByRole("link", { name: "Watch the talk" }).click();
    await expect(third).toHaveURL(/\/watch\//);
    await interactive(third);

    await expect(seller.offerButton, "the buyer is first").toBeDisabled();
    await buyer.offer((product.cost / 1000).toFixed(3), "What you paid for it");
    await expect(seller.log).toContainText("What you paid for it");
    await expect(third.getByRole("log", { name: "Conversation" })).toContainText("What you paid for it");
    await expect(buyer.offerButton, "now it is the seller's turn").toBeDisabled();
    await seller.walkAway();
    await buyer.isOver();
    await expect(buyer.reveal.getByRole("heading", { level: 2 })).toHaveText("The seller walked away");
  });
});
