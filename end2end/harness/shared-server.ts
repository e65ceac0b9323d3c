import { Souk } from "./souk";

/** One server for all tests; those that kill a server start one of their own. */
export default async function start(): Promise<() => Promise<void>> {
  const souk = await Souk.start("shared");
  process.env.E2E_URL = souk.url;
  process.env.E2E_SIGN_IN_LINK = souk.signInLink();
  return () => souk.remove();
}
