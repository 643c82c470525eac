export * from './battery';
export * from './bridges';
export * from './canaries';
export * from './gateway-server';
export * from './http2-readers';
export * from './raw-http';
export * from './whole-product';
export * from './dashboard-browser';
