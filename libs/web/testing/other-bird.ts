import { Field } from '../fields';

/** A schema with the same name as another class. */
export class Bird {
  @Field.integer({ description: 'Grams.' }) weight: number;
}
