export { loadAssets, type Asset, type Assets } from './assets';
