import { Injectable } from '@nestjs/common';
import { AccountCopy } from '../../identity/contract';

/** The copy of accounts that can write and follow. */
@Injectable()
export class People extends AccountCopy('social.people') {}
