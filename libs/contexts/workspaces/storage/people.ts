import { Injectable } from '@nestjs/common';
import { AccountCopy } from '../../identity/contract';

/** The copy of the accounts that can be in workspaces. */
@Injectable()
export class People extends AccountCopy('workspaces.people') {}
