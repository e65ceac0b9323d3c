import { availableParallelism } from "node:os";
import { defineConfig } from "@playwright/test";
import { chromium } from "./harness/browser";

export default defineConfig({
  testDir: "tests",
  outputDir: "artefacts/results",
  globalSetup: "./harness/shared-server.ts",
  workers: Math.min(2, availableParallelism()),
  fullyParallel: true,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["./harness/figures.ts"]],
  // A crowd takes the whole machine: it comes when the others are done.
  projects: [
    { name: "one by one", testIgnore: /crowd/ },
    { name: "crowds", testMatch: /crowd/, dependencies: ["one by one"] },
  ],
  use: {
    actionTimeout: 10_000,
    navigationTimeout: 20_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    timezoneId: "UTC",
    launchOptions: chromium(),
  },
});
