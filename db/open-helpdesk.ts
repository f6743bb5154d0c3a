import type { Product } from '../plugin/domain/product/product.js';
import { compareTables } from '../plugin/domain/product/recognise.js';
import { NO_HELPDESK } from '../plugin/domain/product/records.js';
import { createColumnReader } from './columns.js';
import { type Database, type DatabaseAddress, openDatabase, type PoolOptions } from './database.js';
import { refuseForeign } from './own-tables.js';

/**
 * Opens the helpdesk's database and checks that its tables belong to the product found in the helpdesk's
 * folder. A `Database` from here may be written to; no other code opens a helpdesk's database.
 * @param product from plugin/helpdesk/product.ts
 * @throws SidecarError helpdesk-unsupported, schema-unknown, database-unavailable
 */
export async function openHelpdesk(
  address: DatabaseAddress,
  product: Product,
  options?: PoolOptions,
): Promise<Database> {
  const db = openDatabase(address, options, product.columns ?? undefined);
  try {
    if (product.id === NO_HELPDESK.id) await refuseForeign(db);
    else compareTables(product, await createColumnReader(db).columns());
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}
