/** Every carrier the product speaks, as a literal list. */
import type { ProviderName } from '../contract/entities.ts';
import { cloudProvider } from './cloud/provider.ts';
import { evolutionProvider } from './evolution/provider.ts';
import type { Provider } from './provider.ts';
import { twilioProvider } from './twilio/provider.ts';

/** One line per carrier. */
export const providers: readonly Provider[] = [cloudProvider, evolutionProvider, twilioProvider];

/** The carrier of this name; undefined while a name of the contract has none yet. */
export function providerNamed(name: ProviderName): Provider | undefined {
  return providers.find((provider) => provider.name === name);
}
