export { provideRunFolder as setup } from '../run-folder.ts';
