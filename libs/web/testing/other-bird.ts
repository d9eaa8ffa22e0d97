import { Field } from '../fields';

/** A schema whose name another class takes too. */
export class Bird {
  @Field.integer({ description: 'Grams.' }) weight: number;
}
