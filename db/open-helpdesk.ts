import type { Product } from '../plugin/domain/product/product.js';
import { compareTables } from '../plugin/domain/product/recognise.js';
import { createColumnReader } from './columns.js';
import { type Database, type DatabaseAddress, openDatabase, type PoolOptions } from './database.js';

/**
 * Opens the helpdesk's database and makes sure that its tables belong to the product that the helpdesk's folder shows.
 * Whoever gets a `Database` from here may write; nobody else opens one of a helpdesk.
 * @param product from plugin/helpdesk/product.ts
 * @throws SidecarError helpdesk-unsupported, schema-unknown, database-unavailable
 */
export async function openHelpdesk(
  address: DatabaseAddress,
  product: Product,
  options?: PoolOptions,
): Promise<Database> {
  const db = openDatabase(address, options);
  try {
    compareTables(product, await createColumnReader(db).columns());
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}
