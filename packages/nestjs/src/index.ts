import 'reflect-metadata';

export { Paggio, type PaggioOptions } from '@paggio/core';
export { PaggioModule } from './paggio.module';
export { getPaggioToken, getSignInLinkToken, type PaggioModuleExtras } from './paggio.options';
