export * from './battery';
export * from './gateway-server';
export * from './raw-http';
