/** Runs the product's entries whose files are its arguments in one process; each tells the parent that it is ready. */
import { pathToFileURL } from 'node:url';

await Promise.all(process.argv.slice(2).map((file) => import(pathToFileURL(file).href)));
