import { Injectable } from '@nestjs/common';
import { AccountCopy } from '../../identity/contract';

/** A copy of the accounts that publish, view, react and reply. */
@Injectable()
export class People extends AccountCopy('stories.people') {}
