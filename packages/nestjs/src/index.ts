import 'reflect-metadata';

export { Paggio, type PaggioOptions } from '@paggio/core';
export { PaggioModule } from './paggio.module';
export { getPaggioToken, type PaggioModuleExtras } from './paggio.options';
