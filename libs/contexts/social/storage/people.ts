import { Injectable } from '@nestjs/common';
import { AccountCopy } from '../../identity/contract';

/** A copy of the accounts that can write and follow. */
@Injectable()
export class People extends AccountCopy('social.people') {}
