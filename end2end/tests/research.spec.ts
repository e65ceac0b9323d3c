import { expect, open, test } from "../harness/fixtures";
import { inspect } from "../harness/inspect";

const PASSWORD = "a long enough phrase";

test.use({ expectedConsole: /status of 401/ });

test("a researcher signs in by the printed link, sets a password, uses a key, signs out and in", async ({ page, visitor, request }) => {
  test.slow();
  await open(page, "/research");
  await expect(page.getByRole("heading", { name: "Sign in first" })).toBeVisible();

  const link = new URL(process.env.E2E_SIGN_IN_LINK ?? "").pathname;
  await open(page, link);
  await inspect(page, "first-link");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/\/research/);
  await expect(page.getByRole("heading", { level: 1, name: "Research" })).toBeVisible();

  await test.step("the link works once", async () => {
    const thief = await visitor();
    await open(thief, link);
    await thief.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(thief).toHaveURL(/\/sign-in\?problem=link_used/);
    await expect(thief.getByRole("alert")).toContainText("has been used");
  });

  await test.step("a password", async () => {
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByLabel("Once more").fill(`${PASSWORD}!`);
    await page.getByRole("button", { name: "Set the password" }).click();
    await expect(page.getByText("The password was not set")).toBeVisible();
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByLabel("Once more").fill(PASSWORD);
    await page.getByRole("button", { name: "Set the password" }).click();
    await expect(page.getByText("The password is set.")).toBeVisible();
  });

  await test.step("a key for a program", async () => {
    await open(page, "/research");
    await page.getByLabel("What the key is for").fill("end to end");
    await page.getByRole("button", { name: "Make a key" }).click();
    const notice = page.getByRole("status").filter({ hasText: "Copy it now" });
    const secret = (await notice.getByRole("code").textContent())?.trim() ?? "";
    expect(secret.length).toBeGreaterThan(20);
    const headers = { authorization: `Bearer ${secret}` };
    const who = await request.get("/api/v1/whoami", { headers });
    expect(who.status()).toBe(200);
    expect(await who.json()).toMatchObject({ scopes: expect.arrayContaining(["play"]) });
    await inspect(page, "research");
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole("link", { name: "See a market" }).click();
    await expect(page.getByRole("rowheader", { name: "double auction" })).toBeVisible();
    await page.getByRole("combobox", { name: "Population" }).selectOption("thin");
    await page.getByRole("button", { name: "Play it" }).click();
    await expect(page.getByText(/In equilibrium \d+ would be traded/)).toBeVisible();
    await inspect(page, "market");
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole("link", { name: "With other buyers" }).click();
    await expect(page.getByText("Nothing was compared yet.")).toBeVisible();
    await page.getByLabel("Population (its buyers)").selectOption("thin");
    await page.getByLabel("Buyers who are replaced").selectOption("conceder");
    await page.getByLabel("Who plays them then").selectOption("boulware");
    await page.getByLabel("Markets of each share").fill("4");
    await page.getByRole("button", { name: "Play them" }).click();
    const differences = page.getByRole("region", { name: "Differences" });
    await expect(differences.getByRole("rowheader", { name: /^price/ })).toBeVisible();
    await expect(page.getByRole("link", { name: "thin: boulware in place of conceder" })).toBeVisible();
    await inspect(page, "market-shares");
    await page.setViewportSize({ width: 1280, height: 800 });
    await open(page, "/research");

    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole("button", { name: "Revoke the key end to end" }).click();
    await expect(page.getByText("You have no key yet.")).toBeVisible();
    expect((await request.get("/api/v1/whoami", { headers })).status()).toBe(401);
  });

  const email = (await page.getByText(/\S+@\S+/).first().textContent())?.trim() ?? "";
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/");
  await open(page, "/research");
  await expect(page.getByRole("heading", { name: "Sign in first" })).toBeVisible();

  await test.step("the password signs in, a wrong one does not", async () => {
    await open(page, "/sign-in");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill("not the right one");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("alert")).toContainText("wrong");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Research" })).toBeVisible();
  });
});
